/// A measurement that cannot be made. The description is one line: the place, the fault, and the remedy.
package struct BenchError: Error, CustomStringConvertible {
  /// The line.
  package let description: String

  init(_ description: String) { self.description = description }
}
