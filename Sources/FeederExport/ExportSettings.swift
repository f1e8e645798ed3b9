import FeederCore

/// What an exported file takes and gives.
package struct ExportSettings: Sendable {
  /// What the graph gives.
  package enum Form: String, CaseIterable, Sendable {
    /// `output0` [B, 4 + classes, A]: centre x and y, width and height in pixels, then probabilities.
    case decoded
    /// `detections` [1, most, 6]: corners in pixels, score and class by falling score, after suppression. Rows of score 0
    /// fill the rest.
    case detections
    /// Per level of stride s `boxS` [B, 4 x bins, h, w], logits, and `scoreS` [B, classes, h, w], probabilities.
    case raw
  }

  /// The numbers of the images.
  package enum Input: String, CaseIterable, Sendable {
    /// Floats from 0 to 1.
    case float
    /// Bytes from 0 to 255; the graph divides.
    case uint8
  }

  /// What the graph gives.
  package var form = Form.decoded
  /// The numbers of the images.
  package var input = Input.float
  /// Channels of the images: 3 (R, G, B) or 1 (grey).
  package var channels = 3
  /// Size of the images in pixels.
  package var size = PixelSize(side: 640)
  /// Images per run; nil if the run chooses.
  package var batch: Int? = 1
  /// In `detections`, scores exceed this.
  package var confidence: Float = 0.25
  /// In `detections`, of two boxes of one class that overlap more, the one with the lower score is removed.
  package var overlap: Float = 0.7
  /// In `detections`, the number of rows.
  package var largestCount = 300

  /// Decoded boxes of one image of 640 x 640 pixels in colour, as floats.
  package init() {}
}
