/// The two parts of a data set: what is learnt from, and what accuracy is measured on.
package enum Split: String, CaseIterable, Sendable, Codable {
  case train, val
}
