import Foundation

/// Stacks that are large enough, whatever `ulimit -s` says: a limit below what most systems give ends in a fault of memory.
package enum StackRoom {
  private static let byteCount = 8 << 20

  /// Runs `body` on a stack of at least 8 MiB, and gives as much to every thread that is started from now on.
  package static func with(_ body: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer?) {
    var limit = rlimit()
    var attributes = pthread_attr_t()
    var thread = pthread_t()
    // This thread has little room: no more than a few calls are made on it.
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

  /// glibc's pthread_setattr_default_np, which Swift does not see by its name.
  private static func setDefault(_ attributes: UnsafePointer<pthread_attr_t>) {
    typealias Function = @convention(c) (UnsafePointer<pthread_attr_t>) -> Int32
    guard let symbol = dlsym(nil, "pthread_setattr_default_np") else { return }
    _ = unsafeBitCast(symbol, to: Function.self)(attributes)
  }
}
