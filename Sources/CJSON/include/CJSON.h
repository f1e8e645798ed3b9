#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What a JSON text holds, one event after the other. An array of numbers alone is `JSON_NUMBERS`, one event or several if it is
/// long; only an array that holds something else has a beginning and an end.
enum feeder_json_kind {
  JSON_OBJECT,
  JSON_OBJECT_END,
  JSON_ARRAY,
  JSON_ARRAY_END,
  /// `text` is a key of an object.
  JSON_KEY,
  /// `text` is a string; `cut` is true if it was longer than the parser keeps.
  JSON_STRING,
  /// `numbers[0]` is a number with a fraction, an exponent or more than 64 bits.
  JSON_NUMBER,
  /// `integer` is a whole number.
  JSON_INTEGER,
  /// `numbers` are `count` numbers of an array, perhaps none; `cut` is true if more of the same array follow.
  JSON_NUMBERS,
  JSON_TRUE,
  JSON_FALSE,
  JSON_NULL,
};

/// One event; what it points to lives until the handler returns.
struct feeder_json_event {
  enum feeder_json_kind kind;
  bool cut;
  const char *text;
  size_t length;
  int64_t integer;
  const double *numbers;
  size_t count;
};

/// Takes an event; false ends the parse.
typedef bool (*feeder_json_handler)(void *context, const struct feeder_json_event *event);

/// What became of a piece of text.
enum feeder_json_status {
  JSON_GOOD,
  /// The handler ended the parse.
  JSON_ENDED,
  /// The text is no JSON, or nests too deeply.
  JSON_BAD,
  JSON_NO_MEMORY,
};

struct feeder_json_parser;

/// A parser of one text, or NULL if memory is short. Objects and arrays nest at most `depth` deep; of a string and of a key, at most
/// `longest` bytes are kept.
struct feeder_json_parser *feeder_json_make(feeder_json_handler handler, void *context, size_t depth, size_t longest);
void feeder_json_free(struct feeder_json_parser *parser);

/// Parses the next `count` bytes of the text; the last piece, which may be empty, ends it. Bytes are checked to be UTF-8.
enum feeder_json_status feeder_json_feed(struct feeder_json_parser *parser, const char *bytes, size_t count,
                                         bool is_last);

/// Why the last piece was bad, and the line of the fault, counted from 1.
const char *feeder_json_reason(const struct feeder_json_parser *parser);
size_t feeder_json_line(const struct feeder_json_parser *parser);

#ifdef __cplusplus
}
#endif
