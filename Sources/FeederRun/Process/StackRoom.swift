import Foundation

/// Ensures large enough stacks, whatever `ulimit -s` says. A small limit would end in a segmentation fault.
package enum StackRoom {
  private static let byteCount = 8 << 20

  /// Runs `body` on a stack of at least 8 MiB. Threads started later get as much by default.
  package static func with(_ body: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer?) {
    var limit = rlimit()
    var attributes = pthread_attr_t()
    var thread = pthread_t()
    // This thread's stack may be small, so it makes few calls.
    guard getrlimit(__rlimit_resource_t(RLIMIT_STACK.rawValue), &limit) == 0, limit.rlim_cur < UInt(byteCount),
      pthread_attr_init(&attributes) == 0, pthread_attr_setstacksize(&attributes, byteCount) == 0
    else {
      _ = body(nil)
      return
    }
    setDefault(&attributes)
    guard pthread_create(&thread, &attributes, body, nil) == 0 else {
      _ = body(nil)
      return
    }
    pthread_join(thread, nil)
  }

  /// Calls glibc's pthread_setattr_default_np, which Swift does not import.
  private static func setDefault(_ attributes: UnsafePointer<pthread_attr_t>) {
    typealias Function = @convention(c) (UnsafePointer<pthread_attr_t>) -> Int32
    guard let symbol = dlsym(nil, "pthread_setattr_default_np") else { return }
    _ = unsafeBitCast(symbol, to: Function.self)(attributes)
  }
}
