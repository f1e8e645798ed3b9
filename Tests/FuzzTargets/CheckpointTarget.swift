import CheckpointSupport
import FeederPickle

extension FuzzTarget {
  /// A checkpoint of torch: its entries, its pickle, its tensors. Read without its checksums, which an attacker can mend and a mutation
  /// cannot; an input that is no zip file is read as the pickle of a whole one.
  func readCheckpoint(_ bytes: [UInt8]) throws {
    var file = bytes
    if !bytes.starts(with: "PK".utf8) {
      var fixture = CheckpointFixture.small
      fixture.pickle = bytes
      file = fixture.bytes
    }
    let checkpoint = try TorchCheckpoint(file, checksSums: false)
    for entry in checkpoint.entries.values {
      precondition(entry.range.upperBound <= checkpoint.bytes.count, "tensors lie in the bytes")
      precondition(
        entry.shape.reduce(entry.type.byteCount, *) == entry.range.count, "a tensor has the bytes of its shape")
    }
    precondition(checkpoint.bytes.count <= 2 * file.count, "memory follows the size of the file")
  }

  /// Checkpoints as torch writes them; Feeder writes none.
  func checkpointSeeds() -> [[UInt8]] {
    let small = CheckpointFixture.small
    var views = small
    views.tensors[0].strides = .tuple([.int(1), .int(2)])
    var plain = small
    plain.pickle = PickleValue.named([("model.0.weight", small.value(of: 0))]).pickle
    return [small.bytes, views.bytes, plain.bytes, small.top.pickle]
  }
}
