extension TrainingCanvas {
  /// Calls `body` for every run of output pixels in a row that no image covers, for a canvas that is parallel to the
  /// output's axes.
  ///
  /// The runs and the images' rectangles cover each output pixel once. Allocates nothing.
  func forEachBareRun(_ body: (_ row: Int, _ columns: Range<Int>) -> Void) {
    withUnsafeTemporaryAllocation(of: Rectangle.self, capacity: images.count) { rectangles in
      for (number, image) in images.enumerated() {  // insertion sort from left to right
        let rectangle = rectangle(of: image)
        var place = number
        while place > 0, rectangles[place - 1].columns.lowerBound > rectangle.columns.lowerBound {
          rectangles[place] = rectangles[place - 1]
          place -= 1
        }
        rectangles[place] = rectangle
      }
      for row in 0..<outputSide {
        var column = 0
        for rectangle in rectangles where rectangle.rows.contains(row) && !rectangle.columns.isEmpty {
          if rectangle.columns.lowerBound > column { body(row, column..<rectangle.columns.lowerBound) }
          column = max(column, rectangle.columns.upperBound)
        }
        if column < outputSide { body(row, column..<outputSide) }
      }
    }
  }
}
