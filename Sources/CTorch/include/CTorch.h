// The only interface to libtorch: plain C, noexcept. Every call returns 0, or a status with a message in this thread's
// ct_error().
#ifndef FEEDER_CTORCH_H
#define FEEDER_CTORCH_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// The status of a failed call.
enum {
  CT_FAILURE = 1,        // any other failure
  CT_OUT_OF_MEMORY = 2,  // memory ran out
  CT_LOST_PEER = 3,      // another process of the group is gone or silent: the group is unusable
  CT_LOST_LINK = 4,      // NCCL lost another process; the group may still be usable
};

/// A released TensorImpl pointer. The holder owns one reference and returns it with ct_release.
typedef struct ct_tensor_s *ct_tensor;
/// An operator of the dispatcher. It exists as long as the process.
typedef struct ct_operator_s *ct_operator;

/// The kinds of values in a ct_value.
enum {
  CT_DEFAULT = 0,  // the schema's default
  CT_NONE = 1,     // an absent optional
  CT_TENSOR = 2,   // pointer: a ct_tensor
  CT_INT = 3,      // integer
  CT_DOUBLE = 4,   // number
  CT_BOOL = 5,     // integer
  CT_INTS = 6,     // pointer, count: int64_t
  CT_TENSORS = 7,  // pointer, count: ct_tensor
  CT_STRING = 8,   // pointer: characters ending in 0
  CT_DEVICE = 9,   // integer: -1 the CPU, else the CUDA device of that index
};

/// One argument or result of an operator. Pointers are borrowed for the call.
typedef struct {
  int32_t tag;
  int64_t integer;
  double number;
  const void *pointer;
  int64_t count;
} ct_value;

/// The message of this thread's last failed call.
const char *ct_error(void);
/// libtorch's version, such as "2.11.0".
const char *ct_version(void);
/// Number of tensors that this thread got and has not released.
int64_t ct_live_count(void);

/// Finds the operator `name` ("aten::add") with `overload` ("Tensor" or "").
int ct_operator_find(const char *name, const char *overload, ct_operator *out);
/// Calls an operator with arguments in the schema's order; missing ones get their defaults. Tensors among the results
/// (lists are flattened) go to `out` and belong to the caller; other results are dropped.
int ct_call(ct_operator op, const ct_value *arguments, int32_t count, ct_tensor *out, int32_t capacity,
            int32_t *out_count);

/// Returns the holder's reference.
void ct_release(ct_tensor tensor);
/// Copies `bytes` into a new CPU tensor of the torch scalar type `type`.
int ct_from_bytes(const void *bytes, int32_t type, const int64_t *shape, int32_t rank, ct_tensor *out);
/// Wraps memory that the caller keeps alive and unchanged as long as the tensor exists.
int ct_borrow_bytes(void *bytes, int32_t type, const int64_t *shape, int32_t rank, ct_tensor *out);
/// Copies a tensor's elements, in row-major order, to `bytes`, which has `capacity` bytes.
int ct_copy_to(ct_tensor tensor, void *bytes, int64_t capacity);

int32_t ct_rank(ct_tensor tensor);
int64_t ct_extent(ct_tensor tensor, int32_t dimension);
int32_t ct_type(ct_tensor tensor);
/// -1 for the CPU, else the index of the CUDA device.
int32_t ct_device(ct_tensor tensor);
bool ct_requires_grad(ct_tensor tensor);
int ct_set_requires_grad(ct_tensor tensor, bool value);
/// Runs backward from a tensor with one element. Gradients are added in the leaves.
int ct_backward(ct_tensor tensor);
/// The gradient of a leaf; *out is NULL if there is none.
int ct_grad(ct_tensor tensor, ct_tensor *out);
/// Sets the gradient of a leaf; NULL removes it.
int ct_set_grad(ct_tensor tensor, ct_tensor gradient);

/// Turns recording for backward on or off in this thread. Returns the earlier state.
bool ct_set_grad_mode(bool on);
/// Turns autocast to a torch scalar type on or off, in this thread and for one kind of device.
int ct_set_autocast(bool cuda, bool on, int32_t type);

/// A queue of work of a device. -1 and 0 for the CPU, which does all work at once.
typedef struct {
  int32_t device;
  int64_t id;
} ct_stream;
/// A mark in a stream. The holder releases it with ct_event_release.
typedef struct ct_event_s *ct_event;

/// The stream of this thread's operators on `device`.
int ct_stream_current(int32_t device, ct_stream *out);
/// A stream beside the default one, from the engine's pool.
int ct_stream_side(int32_t device, ct_stream *out);
/// Makes a stream the current one of its device in this thread. *before is the replaced one.
int ct_stream_exchange(ct_stream stream, ct_stream *before);
/// Keeps a tensor's memory, after the tensor's release, until `stream` has done all work given to it before the
/// release.
int ct_stream_hold(ct_tensor tensor, ct_stream stream);

int ct_event_new(int32_t device, ct_event *out);
void ct_event_release(ct_event event);
/// The event is past once `stream` has done all its present work.
int ct_event_record(ct_event event, ct_stream stream);
/// Makes later work of `stream` wait for the event. This thread does not wait.
int ct_event_block(ct_event event, ct_stream stream);
/// Makes this thread wait for the event.
int ct_event_wait(ct_event event);
/// *out is true if the stream has reached the event.
int ct_event_past(ct_event event, bool *out);

/// A copy in host memory, page-locked if it comes from a device. Complete once the current stream has reached this
/// point.
int ct_start_reading(ct_tensor tensor, ct_tensor *out);
/// Page-locks host memory of the caller, so devices can read it themselves. Call ct_unpin before it is freed.
int ct_pin(void *bytes, int64_t count);
int ct_unpin(void *bytes);

/// Threads per operator.
int32_t ct_thread_count(void);
int ct_set_thread_count(int32_t count);
/// If `on`, the engine's threads sleep at once when they wait for each other. For this a second team of `team` threads
/// always sleeps; together with the engine's own they must outnumber the cores. Else they wait as the environment says.
int ct_wait_asleep(bool on, int32_t team);
/// Chooses deterministic kernels. Warns on stderr about an operator that has none.
int ct_set_deterministic(bool on);
/// Allows or forbids TF32 for the factors of float32 convolutions and matrix products on CUDA.
int ct_set_tf32(bool on);
bool ct_tf32(void);

/// Number of usable CUDA devices; 0 if there is no driver or no CUDA half of the engine.
int32_t ct_cuda_count(void);
/// One line: CUDA is usable, or the reason why it is not.
const char *ct_cuda_status(void);

/// The driver's facts about one CUDA device.
typedef struct {
  char name[256];
  char pci_bus_id[32];  // domain:bus:device.function
  int64_t memory_bytes;
  int32_t capability_major;
  int32_t capability_minor;
  int32_t multiprocessor_count;
} ct_cuda_device;

/// The facts of at most `capacity` devices, in the order of cuda:0, cuda:1, ... Asks only the driver, so it works
/// without the engine's CUDA half. Status 1 and a message with the reason if there is no driver or no device.
int ct_cuda_properties(ct_cuda_device *out, int32_t capacity, int32_t *out_count);
/// The newest CUDA version that the driver supports, such as 13000 for 13.0; 0 if there is no driver.
int32_t ct_cuda_driver_version(void);

/// Bytes of the engine's tensors on the host, and their maximum since the start or the last reset.
int64_t ct_host_bytes(void);
int64_t ct_host_peak_bytes(void);
void ct_host_reset_peak(void);
/// Unused bytes of the C library's heap that it has not returned.
int64_t ct_host_idle_bytes(void);
/// Limits the bytes of tensors on the host. A larger allocation fails with status 2.
void ct_host_set_limit(int64_t bytes);
/// Returns unused memory to the system, and to CUDA device `device` if that is not negative.
int ct_release_unused(int32_t device);
/// Free and total bytes of CUDA device `device`.
int ct_device_memory(int32_t device, int64_t *free_bytes, int64_t *total_bytes);
/// The most bytes of tensors on CUDA device `device` at one time, since the start of the process.
int ct_device_peak_bytes(int32_t device, int64_t *bytes);

/// Processes that compute together, and their requested work. Tensors must be contiguous in host memory.
typedef struct ct_group_s *ct_group;
typedef struct ct_work_s *ct_work;

/// Joins `count` processes as number `rank`. They meet at the store `host`:`port`, which one of them, with `serves`, or
/// another program serves. `name` distinguishes this meeting from others at the same address. The others reach this
/// process at the address `own_host`, or through the network interface `own_interface`; if both are NULL, at the
/// address of the machine's name. Waits `join_milliseconds` for the others, and later `timeout_milliseconds` for each
/// piece of work.
int ct_group_join(const char *host, int32_t port, bool serves, const char *name, const char *own_host,
                  const char *own_interface, int32_t rank, int32_t count, int64_t join_milliseconds,
                  int64_t timeout_milliseconds, ct_group *out);
void ct_group_leave(ct_group group);
/// Starts to replace `tensor` in all processes by the sum or maximum over all. All processes must start their work in
/// the same order.
int ct_group_reduce(ct_group group, ct_tensor tensor, bool largest, ct_work *out);
/// Starts to replace `tensor` in all processes by the tensor of `root`.
int ct_group_broadcast(ct_group group, ct_tensor tensor, int32_t root, ct_work *out);
/// Starts to collect the `tensor` of every process in `all`, [count, ...].
int ct_group_gather(ct_group group, ct_tensor tensor, ct_tensor all, ct_work *out);
/// Waits until the work is done, and releases it, even if it failed.
int ct_work_finish(ct_work work);
/// The differentiable sum over all processes: backward sums the gradients too.
int ct_group_sum(ct_group group, ct_tensor tensor, ct_tensor *out);
/// Calls `ready(context, index)` when the gradient of `leaf` is complete, in the thread that runs backward. NULL ends
/// that.
int ct_on_gradient(ct_tensor leaf, void (*ready)(void *, int32_t), void *context, int32_t index);

/// Sums between the GPUs of several processes, by NCCL. The first call here loads its library. All calls return at
/// once.
typedef struct ct_nccl_s *ct_nccl;
enum { CT_NCCL_ID_BYTES = 128 };

/// The version of NCCL, such as 22809 for 2.28.9. Status 1 and a message with the reason if its library does not load.
int ct_nccl_version(int32_t *out);
/// Makes the id, of CT_NCCL_ID_BYTES bytes, of a new meeting, which this process serves.
int ct_nccl_new_id(uint8_t *id);
/// Begins to join the meeting `id` with `device`. The join is complete once ct_nccl_ready returns true.
int ct_nccl_join(const uint8_t *id, int32_t rank, int32_t count, int32_t device, ct_nccl *out);
/// Drops unfinished work. Waits for no other process.
void ct_nccl_leave(ct_nccl link);
/// *out is true if all requested work is in its stream. Status 1 and a message if it failed.
int ct_nccl_ready(ct_nccl link, bool *out);
/// Makes `stream` replace `tensor`, float32 and contiguous, by the sum over all processes. One sum at a time: wait for
/// ct_nccl_ready before the next.
int ct_nccl_sum(ct_nccl link, ct_tensor tensor, ct_stream stream);

#ifdef __cplusplus
}
#endif
#endif
