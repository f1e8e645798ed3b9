// The one door to libtorch: plain C, noexcept. Every call returns 0, or else a status with a message in
// ct_error() of this thread.
#ifndef FEEDER_CTORCH_H
#define FEEDER_CTORCH_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// The status of a call that failed.
enum {
  CT_FAILURE = 1,        // any other failure
  CT_OUT_OF_MEMORY = 2,  // memory ran out
  CT_LOST_PEER = 3,      // another process of the group is gone or silent: the group is of no use any more
  CT_LOST_LINK = 4,      // NCCL says that of another process; the group may still be whole
};

/// A released TensorImpl pointer: the holder owns one reference and gives it back with ct_release.
typedef struct ct_tensor_s *ct_tensor;
/// An operator of the dispatcher; lives as long as the process.
typedef struct ct_operator_s *ct_operator;

/// What a ct_value holds.
enum {
  CT_DEFAULT = 0,           // the schema's default
  CT_NONE = 1,              // an absent optional
  CT_TENSOR = 2,            // pointer: a ct_tensor
  CT_INT = 3,               // integer
  CT_DOUBLE = 4,            // number
  CT_BOOL = 5,              // integer
  CT_INTS = 6,              // pointer, count: int64_t
  CT_TENSORS = 7,           // pointer, count: ct_tensor
  CT_STRING = 8,            // pointer: characters ending in 0
  CT_DEVICE = 9,            // integer: -1 the CPU, else the CUDA device of that index
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
/// libtorch's version, as in "2.11.0".
const char *ct_version(void);
/// Count of tensors that this thread was handed, less those that it released.
int64_t ct_live_count(void);

/// Finds the operator `name` ("aten::add") with `overload` ("Tensor", or "").
int ct_operator_find(const char *name, const char *overload, ct_operator *out);
/// Calls an operator: arguments in the schema's order, missing ones at their defaults. Tensors among the results (lists are
/// laid flat) go to `out`, owned by the caller; other results are dropped.
int ct_call(ct_operator op, const ct_value *arguments, int32_t count, ct_tensor *out, int32_t capacity, int32_t *out_count);

void ct_release(ct_tensor tensor);
/// Copies `bytes` into a new CPU tensor of the torch scalar type `type`.
int ct_from_bytes(const void *bytes, int32_t type, const int64_t *shape, int32_t rank, ct_tensor *out);
/// Wraps memory that the caller keeps alive and unchanged while the tensor lives.
int ct_borrow_bytes(void *bytes, int32_t type, const int64_t *shape, int32_t rank, ct_tensor *out);
/// Copies a tensor's elements, in row-major order, to `bytes` with room for `capacity` bytes.
int ct_copy_to(ct_tensor tensor, void *bytes, int64_t capacity);

int32_t ct_rank(ct_tensor tensor);
int64_t ct_extent(ct_tensor tensor, int32_t dimension);
int32_t ct_type(ct_tensor tensor);
/// -1 on the CPU, else the index of the CUDA device.
int32_t ct_device(ct_tensor tensor);
bool ct_requires_grad(ct_tensor tensor);
int ct_set_requires_grad(ct_tensor tensor, bool value);
/// Gradients of a one-element tensor, added up in the leaves.
int ct_backward(ct_tensor tensor);
/// The gradient of a leaf; *out is NULL where there is none.
int ct_grad(ct_tensor tensor, ct_tensor *out);
/// Makes `gradient`, or nothing where it is NULL, the gradient of a leaf.
int ct_set_grad(ct_tensor tensor, ct_tensor gradient);

/// Turns recording for backward on or off in this thread; returns what it was.
bool ct_set_grad_mode(bool on);
/// Turns autocast on or off in this thread and for one kind of device, to a torch scalar type.
int ct_set_autocast(bool cuda, bool on, int32_t type);

/// A queue of work of a device: -1 and 0 for the CPU, where all is done at once.
typedef struct {
  int32_t device;
  int64_t id;
} ct_stream;
/// A mark in a stream. The holder gives it back with ct_event_release.
typedef struct ct_event_s *ct_event;

/// The stream that operators of this thread go to on `device`.
int ct_stream_current(int32_t device, ct_stream *out);
/// A stream beside the default one, out of the engine's pool.
int ct_stream_side(int32_t device, ct_stream *out);
/// Makes a stream the current one of its device in this thread; *before is the one it replaces.
int ct_stream_exchange(ct_stream stream, ct_stream *before);
/// Keeps a tensor's memory from being handed out again before `stream` has done what it was given up to the tensor's end.
int ct_stream_hold(ct_tensor tensor, ct_stream stream);

int ct_event_new(int32_t device, ct_event *out);
void ct_event_release(ct_event event);
/// The event is past once `stream` has done everything that it was given until now.
int ct_event_record(ct_event event, ct_stream stream);
/// Later work of `stream` waits for the event; this thread does not.
int ct_event_block(ct_event event, ct_stream stream);
/// This thread waits for the event.
int ct_event_wait(ct_event event);
/// Whether the stream has come so far.
int ct_event_past(ct_event event, bool *out);

/// A copy in host memory, page-locked where it comes from a device; whole once the current stream has come so far.
int ct_start_reading(ct_tensor tensor, ct_tensor *out);
/// Page-locks host memory that the caller owns, so that devices read it by themselves; ct_unpin before it is freed.
int ct_pin(void *bytes, int64_t count);
int ct_unpin(void *bytes);

/// Threads of one operator.
int32_t ct_thread_count(void);
int ct_set_thread_count(int32_t count);
/// Lets threads of the engine sleep at once where they wait for each other, by a second team of `team` threads that always
/// sleep and, with the engine's own, are more than there are cores; or wait as the environment says.
int ct_wait_asleep(bool on, int32_t team);
/// Refuses operators without a deterministic form.
int ct_set_deterministic(bool on);
/// Lets float32 convolutions and products of matrices on CUDA round their factors to TF32, or not.
int ct_set_tf32(bool on);
bool ct_tf32(void);

/// Count of usable CUDA devices; 0 where there is no driver or no CUDA half of the engine.
int32_t ct_cuda_count(void);
/// One line: why CUDA can't be used, or that it can.
const char *ct_cuda_status(void);

/// What the driver says of one CUDA device.
typedef struct {
  char name[256];
  char pci_bus_id[32];  // domain:bus:device.function
  int64_t memory_bytes;
  int32_t capability_major;
  int32_t capability_minor;
  int32_t multiprocessor_count;
} ct_cuda_device;

/// Facts of at most `capacity` devices, in the order of cuda:0, cuda:1, ... Asks the driver alone, so it answers without the
/// engine's CUDA half too. Status 1 and a line that says why where there is no driver or no device.
int ct_cuda_properties(ct_cuda_device *out, int32_t capacity, int32_t *out_count);
/// The newest CUDA version that the driver runs, as in 13000 for 13.0; 0 where there is no driver.
int32_t ct_cuda_driver_version(void);

/// Bytes of the engine's tensors on the host, and the most there were at once since the start or the last reset.
int64_t ct_host_bytes(void);
int64_t ct_host_peak_bytes(void);
void ct_host_reset_peak(void);
/// Bytes of the C library's heap that nothing uses and that it has not given back.
int64_t ct_host_idle_bytes(void);
/// Bytes that tensors on the host may take; more is an error of status 2.
void ct_host_set_limit(int64_t bytes);
/// Gives memory that no tensor uses back to the system, and to the CUDA device of that index where it is not negative.
int ct_release_unused(int32_t device);
/// Bytes that the CUDA device of that index has left, and has in all.
int ct_device_memory(int32_t device, int64_t *free_bytes, int64_t *total_bytes);
/// The most bytes of tensors on that device at once, since the process began.
int ct_device_peak_bytes(int32_t device, int64_t *bytes);

/// Processes that compute together, and work that they have under way. Tensors lie in host memory, without gaps.
typedef struct ct_group_s *ct_group;
typedef struct ct_work_s *ct_work;

/// Joins `count` processes as number `rank`. They find each other at `host`:`port`, where one of them (or something else)
/// `serves`; `name` tells this meeting from others at the same place. Others reach this process at the address `own_host` or at
/// that of the network interface `own_interface`; NULL for both takes what this machine's name leads to. Waits `join_milliseconds` for the others, and later `timeout_milliseconds` for each
/// work.
int ct_group_join(const char *host, int32_t port, bool serves, const char *name, const char *own_host,
                  const char *own_interface, int32_t rank,
                  int32_t count, int64_t join_milliseconds, int64_t timeout_milliseconds, ct_group *out);
void ct_group_leave(ct_group group);
/// Starts to replace `tensor` in all processes by the sum, or the largest, of all. Works begin in the same order everywhere.
int ct_group_reduce(ct_group group, ct_tensor tensor, bool largest, ct_work *out);
/// Starts to replace `tensor` in all processes by that of `root`.
int ct_group_broadcast(ct_group group, ct_tensor tensor, int32_t root, ct_work *out);
/// Starts to collect `tensor` of all processes in `all`, [count, ...].
int ct_group_gather(ct_group group, ct_tensor tensor, ct_tensor all, ct_work *out);
/// Waits until a work is done, and releases it in any case.
int ct_work_finish(ct_work work);
/// The sum over all processes, with a way back: gradients are summed too.
int ct_group_sum(ct_group group, ct_tensor tensor, ct_tensor *out);
/// Calls `ready(context, index)` whenever the gradient of `leaf` is whole; NULL ends that. In the thread that goes backward.
int ct_on_gradient(ct_tensor leaf, void (*ready)(void *, int32_t), void *context, int32_t index);

/// Sums between the GPUs of several processes, by NCCL, whose library is looked for at the first call here. All return at once.
typedef struct ct_nccl_s *ct_nccl;
enum { CT_NCCL_ID_BYTES = 128 };

/// The version of NCCL, as in 22809 for 2.28.9. Status 1 and a line that says why where its library does not load.
int ct_nccl_version(int32_t *out);
/// Makes the id, CT_NCCL_ID_BYTES long, of a new meeting, which this process serves.
int ct_nccl_new_id(uint8_t *id);
/// Begins to join the meeting of that id with `device`; done once ct_nccl_ready says so.
int ct_nccl_join(const uint8_t *id, int32_t rank, int32_t count, int32_t device, ct_nccl *out);
/// Drops what is under way, and waits for nobody.
void ct_nccl_leave(ct_nccl link);
/// Whether all that was asked for is in its stream; status 1 and a line where something failed.
int ct_nccl_ready(ct_nccl link, bool *out);
/// Asks `stream` to replace `tensor`, float32 without gaps, by the sum over all processes. One at a time: ready, then the next.
int ct_nccl_sum(ct_nccl link, ct_tensor tensor, ct_stream stream);

#ifdef __cplusplus
}
#endif
#endif
