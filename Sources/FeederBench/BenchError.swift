/// Why a measurement is not made: what, where and what to do, in one line.
package struct BenchError: Error, CustomStringConvertible {
  package let description: String

  init(_ description: String) { self.description = description }
}
