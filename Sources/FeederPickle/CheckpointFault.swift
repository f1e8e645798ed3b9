/// Thrown if a checkpoint cannot be read. Nothing of it was run.
package struct CheckpointFault: Error, Equatable, CustomStringConvertible {
  /// The fault, in words that follow the file's name.
  package let description: String

  init(_ description: String) { self.description = description }
}
