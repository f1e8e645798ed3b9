import Testing

@testable import FeederProfiling

@Suite("How long a run may do nothing")
struct QuietTests {
  /// A run that did `count` steps of `seconds` each.
  private func quiet(least: Double, _ count: Int = 0, stepsOf seconds: Double = 0) -> Quiet {
    var quiet = Quiet(least: least)
    let start = ContinuousClock.now
    for step in 0...count where count > 0 { quiet.noteStep(at: start + .seconds(seconds) * step) }
    return quiet
  }

  @Test("ten times the median step, and at least what was asked for", arguments: [(0.1, 5.0), (0.5, 5.0), (2.0, 20.0)])
  func limit(_ step: Double, _ limit: Double) {
    var quiet = quiet(least: 5, 9, stepsOf: step)
    #expect(quiet.stuck(after: limit, phaseCount: 0) == nil)
    let stuck = quiet.stuck(after: 0.6, phaseCount: 0)
    #expect(
      stuck?.contains("nothing was done for \(Int(limit + 1)) s") == true
        && stuck?.contains("a step usually takes") == true)
  }

  @Test("a few slow steps among many do not raise it")
  func median() {
    var quiet = quiet(least: 1, 60, stepsOf: 0.2)
    let start = ContinuousClock.now + .seconds(100)
    for step in 0...5 { quiet.noteStep(at: start + .seconds(30) * step) }
    #expect(quiet.stuck(after: 1.9, phaseCount: 0) == nil)
    #expect(quiet.stuck(after: 0.2, phaseCount: 0) != nil)
  }

  @Test("before the first step ten times what was asked for")
  func beforeFirstStep() {
    var quiet = quiet(least: 5)
    #expect(quiet.stuck(after: 50, phaseCount: 0) == nil)
    #expect(quiet.stuck(after: 1, phaseCount: 0)?.contains("before the first step") == true)
  }

  // Losses are reported one step late. Without the phases, a slow save and the two steps around it would add up.
  @Test("a step, a validation or a save counts as progress, at its start and when it is reported")
  func phases() {
    var quiet = quiet(least: 5, 9, stepsOf: 0.1)
    for phase in 1...4 {
      #expect(quiet.stuck(after: 0.5, phaseCount: phase) == nil)
      #expect(quiet.stuck(after: 4, phaseCount: phase) == nil)
    }
    quiet.noteNews()
    #expect(quiet.stuck(after: 4, phaseCount: 4) == nil)
    #expect(quiet.stuck(after: 4, phaseCount: 4) != nil)
  }
}
