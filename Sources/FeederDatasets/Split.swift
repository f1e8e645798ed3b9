/// The parts of a data set: what is learnt from, what accuracy is measured on, and what is kept back until the end.
package enum Split: String, CaseIterable, Sendable, Codable {
  case train, val, test
}
