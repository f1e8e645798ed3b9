// JSON as events, by Boost.JSON's incremental parser, which never holds more than the piece that it is given.
#include "CJSON.h"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/src.hpp>

#include <algorithm>
#include <new>
#include <string>
#include <vector>

namespace json = boost::json;

namespace {

// Gives Boost's calls on as events. Numbers of an array are kept until something else tells whether they are all of it.
struct handler {
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);
  using text = json::string_view;
  using error = json::error_code;

  // Numbers that are given on at once.
  static constexpr std::size_t most_numbers = 4096;

  feeder_json_handler call = nullptr;
  void *context = nullptr;
  std::size_t longest = 0;
  std::string part;
  bool is_cut = false;
  std::vector<double> numbers;
  // True after the beginning of an array that was not given on.
  bool is_held = false;
  // True if a part of the numbers of this array was given on.
  bool is_begun = false;
  // True after the handler ended the parse.
  bool has_ended = false;

  bool give(feeder_json_event event, error &ec) {
    if (call(context, &event)) return true;
    has_ended = true;
    ec = json::error::incomplete;
    return false;
  }

  bool give(feeder_json_kind kind, error &ec) {
    feeder_json_event event{};
    event.kind = kind;
    return give(event, ec);
  }

  bool give_numbers(bool more, error &ec) {
    feeder_json_event event{};
    event.kind = JSON_NUMBERS;
    event.cut = more;
    event.numbers = numbers.data();
    event.count = numbers.size();
    bool goes_on = give(event, ec);
    numbers.clear();
    return goes_on;
  }

  // Something that is no number follows the beginning of an array.
  bool release(error &ec) {
    if (!is_held) return true;
    is_held = false;
    if (is_begun) {
      ec = json::error::not_number;
      return false;
    }
    if (!give(JSON_ARRAY, ec)) return false;
    for (double number : numbers)
      if (!give_number(number, 0, JSON_NUMBER, ec)) return false;
    numbers.clear();
    return true;
  }

  bool add(text piece) {
    std::size_t room = longest - std::min(longest, part.size());
    is_cut = is_cut || piece.size() > room;
    part.append(piece.data(), std::min(piece.size(), room));
    return true;
  }

  bool give_text(feeder_json_kind kind, text piece, error &ec) {
    feeder_json_event event{};
    event.kind = kind;
    if (part.empty() && piece.size() <= longest) {
      event.text = piece.data();
      event.length = piece.size();
    } else {
      add(piece);
      event.text = part.data();
      event.length = part.size();
    }
    event.cut = is_cut;
    bool goes_on = give(event, ec);
    part.clear();
    is_cut = false;
    return goes_on;
  }

  bool give_number(double value, int64_t integer, feeder_json_kind kind, error &ec) {
    if (is_held) {
      numbers.push_back(value);
      if (numbers.size() < most_numbers) return true;
      is_begun = true;
      return give_numbers(true, ec);
    }
    feeder_json_event event{};
    event.kind = kind;
    event.integer = integer;
    event.numbers = &value;
    event.count = 1;
    return give(event, ec);
  }

  bool on_document_begin(error &) { return true; }
  bool on_document_end(error &) { return true; }
  bool on_object_begin(error &ec) { return release(ec) && give(JSON_OBJECT, ec); }
  bool on_object_end(std::size_t, error &ec) { return give(JSON_OBJECT_END, ec); }
  bool on_array_begin(error &ec) {
    if (!release(ec)) return false;
    is_held = true;
    is_begun = false;
    return true;
  }
  bool on_array_end(std::size_t, error &ec) {
    if (!is_held) return give(JSON_ARRAY_END, ec);
    is_held = false;
    return give_numbers(false, ec);
  }
  bool on_key_part(text piece, std::size_t, error &) { return add(piece); }
  bool on_key(text piece, std::size_t, error &ec) { return give_text(JSON_KEY, piece, ec); }
  bool on_string_part(text piece, std::size_t, error &) { return add(piece); }
  bool on_string(text piece, std::size_t, error &ec) { return release(ec) && give_text(JSON_STRING, piece, ec); }
  bool on_number_part(text, error &) { return true; }
  bool on_int64(int64_t value, text, error &ec) {
    return give_number(static_cast<double>(value), value, JSON_INTEGER, ec);
  }
  bool on_uint64(uint64_t value, text, error &ec) {
    return give_number(static_cast<double>(value), 0, JSON_NUMBER, ec);
  }
  bool on_double(double value, text, error &ec) { return give_number(value, 0, JSON_NUMBER, ec); }
  bool on_bool(bool value, error &ec) { return release(ec) && give(value ? JSON_TRUE : JSON_FALSE, ec); }
  bool on_null(error &ec) { return release(ec) && give(JSON_NULL, ec); }
  bool on_comment_part(text, error &) { return true; }
  bool on_comment(text, error &) { return true; }
};

json::parse_options options(std::size_t depth) {
  json::parse_options options;
  options.max_depth = depth;
  return options;
}

}  // namespace

struct feeder_json_parser {
  json::basic_parser<handler> parser;
  std::string reason;
  std::size_t line = 1;

  explicit feeder_json_parser(std::size_t depth) : parser(options(depth)) {}
};

extern "C" {

feeder_json_parser *feeder_json_make(feeder_json_handler call, void *context, size_t depth, size_t longest) {
  try {
    auto parser = new feeder_json_parser(depth);
    auto &handler = parser->parser.handler();
    handler.call = call;
    handler.context = context;
    handler.longest = longest;
    return parser;
  } catch (...) {
    return nullptr;
  }
}

void feeder_json_free(feeder_json_parser *parser) { delete parser; }

feeder_json_status feeder_json_feed(feeder_json_parser *parser, const char *bytes, size_t count, bool is_last) {
  if (parser->parser.handler().has_ended) return JSON_ENDED;
  try {
    json::error_code error;
    std::size_t used = parser->parser.write_some(!is_last, bytes, count, error);
    parser->line += static_cast<std::size_t>(std::count(bytes, bytes + std::min(used, count), '\n'));
    if (!error && used < count) error = json::error::extra_data;
    if (!error) return JSON_GOOD;
    if (parser->parser.handler().has_ended) return JSON_ENDED;
    parser->reason = error.message();
    return JSON_BAD;
  } catch (const std::bad_alloc &) {
    return JSON_NO_MEMORY;
  } catch (...) {
    parser->reason = "unknown fault";
    return JSON_BAD;
  }
}

const char *feeder_json_reason(const feeder_json_parser *parser) { return parser->reason.c_str(); }
size_t feeder_json_line(const feeder_json_parser *parser) { return parser->line; }
}
