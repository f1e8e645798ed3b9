#include "kernels.h"

#if FEEDER_ARM
#include <arm_neon.h>
#include <string.h>

#include "columns.h"

// 16 outputs at a time. Both neighbours are looked up in two registers of 32 source bytes, which suffices up to a
// reduction by 2. Stronger reductions have fewer outputs per block. With f <= 1024 the farther one's weight, 128 times
// the blend is exactly near + ((2 (far - near) * 16 f) >> 16), with near and far as 128 times pixels.

enum { OUTPUTS = 16, WINDOW = 32 };

typedef struct {
  uint8_t near[OUTPUTS];
  uint8_t far[OUTPUTS];
  int16_t factor[OUTPUTS];  // 16 times the farther neighbour's weight
  int32_t source;           // first byte of the window in a source row
  int32_t start;            // first output
  int32_t length;           // outputs
  int32_t unused;
} Block;

void feeder_plan_columns_neon(feeder_columns *columns) {
  const int32_t *first = columns->first, *second = columns->second;
  Block *blocks = columns->plan;
  const int32_t capacity = (int32_t)(feeder_plan_bytes(columns->count) / (int64_t)sizeof(Block));
  columns->block_count = 0;
  if (columns->source_count < WINDOW) return;
  int32_t number = 0;
  for (int32_t start = 0; start < columns->count; number++) {
    if (number == capacity) return;  // the reduction is so strong that blocks would have few outputs
    const Reach part = reach(columns, start, OUTPUTS, WINDOW);
    const int32_t length = part.length;
    Block *block = &blocks[number];
    memset(block, 0, sizeof(Block));
    block->source = part.source;
    block->start = start;
    block->length = length;
    for (int32_t i = 0; i < length; i++) {
      const int32_t a = first[start + i] - block->source, b = second[start + i] - block->source;
      const int32_t w = columns->weight[start + i];
      block->near[i] = (uint8_t)(w > 1024 ? b : a);
      block->far[i] = (uint8_t)(w > 1024 ? a : b);
      block->factor[i] = (int16_t)(16 * (w > 1024 ? 2048 - w : w));
    }
    start += length;
  }
  columns->block_count = number;
}

typedef struct {
  int16x8_t lower, upper;
} Words;

static inline Words widened(uint8x16_t bytes) {
  return (Words){vreinterpretq_s16_u16(vshll_n_u8(vget_low_u8(bytes), 7)),
                 vreinterpretq_s16_u16(vshll_n_u8(vget_high_u8(bytes), 7))};
}

static inline int16x8_t lerp(int16x8_t near, int16x8_t far, int16x8_t factor) {
  return vaddq_s16(near, vqdmulhq_s16(vsubq_s16(far, near), factor));
}

static inline uint8x16x2_t window(const Block *block, const uint8_t *row) {
  return (uint8x16x2_t){{vld1q_u8(row + block->source), vld1q_u8(row + block->source + 16)}};
}

static inline void store(const Block *block, uint8x16_t bytes, uint8_t *out) {
  if (block->length == OUTPUTS) {
    vst1q_u8(out + block->start, bytes);
  } else {
    uint8_t part[OUTPUTS];
    vst1q_u8(part, bytes);
    memcpy(out + block->start, part, (size_t)block->length);
  }
}

void feeder_resample_row_neon(const feeder_columns *columns, const uint8_t *upper, const uint8_t *lower, int32_t weight,
                              uint8_t *out) {
  if (columns->block_count == 0) {
    feeder_resample_row_plain(columns, upper, lower, weight, out);
    return;
  }
  const bool is_lower = weight > 1024;
  const uint8_t *near_row = is_lower ? lower : upper, *far_row = is_lower ? upper : lower;
  const int16x8_t down = vdupq_n_s16((int16_t)(16 * (is_lower ? 2048 - weight : weight)));
  const Block *block = columns->plan;
  for (const Block *end = block + columns->block_count; block < end; block++) {
    const uint8x16_t near = vld1q_u8(block->near), far = vld1q_u8(block->far);
    const uint8x16x2_t n = window(block, near_row), f = window(block, far_row);
    const Words nn = widened(vqtbl2q_u8(n, near)), nf = widened(vqtbl2q_u8(n, far));
    const Words fn = widened(vqtbl2q_u8(f, near)), ff = widened(vqtbl2q_u8(f, far));
    const int16x8_t a = lerp(lerp(nn.lower, fn.lower, down), lerp(nf.lower, ff.lower, down), vld1q_s16(block->factor));
    const int16x8_t b =
        lerp(lerp(nn.upper, fn.upper, down), lerp(nf.upper, ff.upper, down), vld1q_s16(block->factor + 8));
    store(block, vcombine_u8(vqrshrun_n_s16(a, 7), vqrshrun_n_s16(b, 7)), out);
  }
}

// (sums * weight) >> 16.
static inline int16x8_t share(int16x8_t sums, int16x8_t weight) { return vshrq_n_s16(vqdmulhq_s16(sums, weight), 1); }

void feeder_letterbox_row_neon(const feeder_columns *columns, const uint8_t *upper, const uint8_t *lower,
                               int32_t weight, uint8_t *out) {
  if (columns->block_count == 0) {
    feeder_letterbox_row_plain(columns, upper, lower, weight, out);
    return;
  }
  const int16x8_t w0 = vdupq_n_s16((int16_t)(2048 - weight)), w1 = vdupq_n_s16((int16_t)weight);
  const Block *block = columns->plan;
  for (const Block *end = block + columns->block_count; block < end; block++) {
    const uint8x16_t near = vld1q_u8(block->near), far = vld1q_u8(block->far);
    const uint8x16x2_t u = window(block, upper), l = window(block, lower);
    const Words un = widened(vqtbl2q_u8(u, near)), uf = widened(vqtbl2q_u8(u, far));
    const Words ln = widened(vqtbl2q_u8(l, near)), lf = widened(vqtbl2q_u8(l, far));
    const int16x8_t f0 = vld1q_s16(block->factor), f1 = vld1q_s16(block->factor + 8);
    const int16x8_t a = vaddq_s16(share(lerp(un.lower, uf.lower, f0), w0), share(lerp(ln.lower, lf.lower, f0), w1));
    const int16x8_t b = vaddq_s16(share(lerp(un.upper, uf.upper, f1), w0), share(lerp(ln.upper, lf.upper, f1), w1));
    store(block, vcombine_u8(vqrshrun_n_s16(a, 2), vqrshrun_n_s16(b, 2)), out);
  }
}
#endif
