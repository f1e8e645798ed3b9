import FeederCore
import FeederDetection
import FeederTorch

extension WeightsFile {
  /// Overwrites the entries that the file holds in the same shape: a start from weights of other classes. Rows of the head that belong
  /// to one class each are matched by the names of the classes, if the weights state theirs and they differ from `classNames`.
  ///
  /// Returns one line: how many tensors were taken over, which classes are known and which start anew. Throws `WeightsError.unusable` if
  /// the file has another model.
  package func transfer(into state: [StateEntry], of design: ModelDesign, classNames: [String]? = nil) throws -> String
  {
    if let own = self.design, own != design {
      throw WeightsError.unusable(
        file: path,
        reason:
          "weights of \(own.name), but the run trains \(design.name); give \(setting: "model") \(own.name)")
    }
    let rows = classNames.flatMap { ClassRows(of: self, for: $0) }
    let perClass = rows == nil ? [] : state.filter { design.classRows.contains($0.name) }
    let merged = perClass.allSatisfy { ClassRows.fit(shape($0.name), $0.tensor.shape) } ? perClass : []
    let byRow = Set(perClass.map(\.name))
    let whole = state.filter { !byRow.contains($0.name) && shape($0.name) == $0.tensor.shape }
    guard whole.contains(where: { $0.kind == .convolution }) else {
      throw WeightsError.unusable(
        file: path, reason: "holds no layer of \(design.name); not weights of this network")
    }
    try load(into: whole)
    var line = "\(path): \(whole.count + merged.count) of \(state.count) tensors taken over"
    if let rows, !merged.isEmpty {
      for entry in merged { try rows.merge(tensor(entry.name), into: entry.tensor) }
      line += "; " + rows.line
    }
    let taken = Set((whole + merged).map(\.name))
    if classNames != nil, self.classNames == nil, taken.contains(design.classBias) {
      line += "; it does not say the names of its classes; they are taken in order"
    }
    let anew = state.map(\.name).filter { !taken.contains($0) }
    guard let first = anew.first else { return line }
    guard anew.allSatisfy({ $0.hasPrefix(design.classBranch) }) else {
      return line + "; \(anew.count) start at random, the first of them \(first)"
    }
    let classes = state.first { $0.name == design.classBias }?.tensor.shape.first ?? 0
    return line + "; the head's class branch starts at random, for \(classes) classes instead of \(classCount ?? 0)"
  }
}
