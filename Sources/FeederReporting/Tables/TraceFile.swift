import FeederCore
import FeederFiles
import Foundation

/// A trace as a file for Perfetto and chrome://tracing, in Google's trace event format: complete events ("X") in
/// microseconds, one row per thread.
package enum TraceFile {
  private static let start = "{\"displayTimeUnit\":\"ms\",\"otherData\":{\"dropped_spans\":"

  /// Recognises a file that Feeder wrote.
  package static let signature = FileSignature(start: start)

  /// The bytes of the file.
  package static func data(_ trace: Trace) -> Data {
    let (spans, droppedCount) = trace.all
    let rows = Set(spans.map(\.row)).sorted { number($0) < number($1) }
    var text = start + "\(droppedCount)},\"traceEvents\":[\n"
    text += "{\"name\":\"process_name\",\"ph\":\"M\",\"pid\":1,\"args\":{\"name\":\"feeder\"}}"
    for row in rows {
      let number = number(row)
      for (name, value) in [("thread_name", "\"\(title(row))\""), ("thread_sort_index", "\(number)")] {
        let key = name == "thread_name" ? "name" : "sort_index"
        text += ",\n{\"name\":\"\(name)\",\"ph\":\"M\",\"pid\":1,\"tid\":\(number),\"args\":{\"\(key)\":\(value)}}"
      }
    }
    for span in spans {
      text += ",\n{\"name\":\"\(span.name)\",\"ph\":\"X\",\"pid\":1,\"tid\":\(number(span.row)),"
      text += "\"ts\":\(microseconds(span.start)),\"dur\":\(microseconds(span.end - span.start))"
      var facts: [String] = []
      if span.batch >= 0 { facts.append("\"batch\":\(span.batch)") }
      if span.cpuNanoseconds > 0 {
        facts.append(
          "\"read_us\":\(microseconds(span.readNanoseconds)),\"cpu_us\":\(microseconds(span.cpuNanoseconds))")
      }
      text += facts.isEmpty ? "}" : ",\"args\":{\(facts.joined(separator: ","))}}"
    }
    return Data((text + "\n]}\n").utf8)
  }

  /// Sort key of a row: the consumer first, then workers, then slots.
  private static func number(_ row: Trace.Row) -> Int {
    switch row {
    case .consumer: 1
    case .worker(let number): 100 + number
    case .slot(let number): 10_000 + number
    }
  }

  private static func title(_ row: Trace.Row) -> String {
    switch row {
    case .consumer: "consumer"
    case .worker(let number): "worker \(number)"
    case .slot(let number): "slot \(number)"
    }
  }

  /// Nanoseconds in microseconds, exactly.
  private static func microseconds(_ nanoseconds: Int) -> String {
    let rest = String(nanoseconds % 1000)
    return "\(nanoseconds / 1000).\(String(repeating: "0", count: 3 - rest.count))\(rest)"
  }
}
