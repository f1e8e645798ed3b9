/// The release of this program.
package enum Release {
  /// Its version, which follows semantic versioning from 1.0 on.
  package static let version = "0.1.0"
}
