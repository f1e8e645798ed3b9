import FeederCore
import Testing

@Suite("SHA-256 gives what other programs give")
struct SHA256Tests {
  // FIPS 180-4's examples, and lengths around the 64 bytes of a block as sha256sum of GNU coreutils gives them.
  @Test(
    "known hashes",
    arguments: [
      ("", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      ("a", 55, "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318"),
      ("a", 56, "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a"),
      ("a", 64, "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb"),
      ("a", 1000, "41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3"),
    ])
  func known(_ text: String, _ count: Int, _ digits: String) {
    #expect(SHA256.digits((0..<count).flatMap { _ in Array(text.utf8) }) == digits)
  }
}
