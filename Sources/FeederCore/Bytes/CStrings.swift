import Foundation

/// Lends `words` to `body` as a C vector of strings that ends with a null pointer: the form that exec and posix_spawn
/// take. The vector is valid until `body` returns. Throws what `body` throws.
package func withCStrings<Result>(
  _ words: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) throws -> Result
) rethrows -> Result {
  let strings = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: words.count + 1)
  for (place, word) in words.enumerated() { (strings + place).initialize(to: strdup(word)) }
  (strings + words.count).initialize(to: nil)
  defer {
    for place in 0..<words.count { free(strings[place]) }
    strings.deallocate()
  }
  return try body(strings)
}
