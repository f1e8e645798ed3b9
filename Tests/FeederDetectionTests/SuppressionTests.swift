import FeederDetection
import FeederTorch
import Testing

@Suite("Non-maximum suppression bears what networks give out")
struct SuppressionTests {
  @Test("Scores that are not numbers give no detection and no crash")
  func notANumber() throws {
    let predictions = try Tensor([10, 10, 4, 4, Float.nan, .nan], shape: [1, 6, 1])
    #expect(try NonMaximumSuppression.validation(predictions)[0].isEmpty)
  }
}
