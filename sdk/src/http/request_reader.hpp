// SPDX-License-Identifier: Apache-2.0
// Finds requests in what a connection received, and refuses what two readers could understand differently.
#pragma once
#include "http/request.hpp"

#include <sumun/limits.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace sumun::http {

struct RequestBounds {
  std::size_t header_bytes = kMaxHttpHeaderBytes;
  std::size_t body_bytes = kMaxMessageBytes;
};

/// Reads one request after the other. It keeps no bytes but a chunked body: the caller holds what it received and shows it
/// again with more behind it.
/// Refuses: what RFC 9112 lets a proxy and us disagree about: both lengths, a length or any of the fields that decide
///          something twice, folded lines, a transfer coding but `chunked`, a missing or second Host; 400, 501, 505. Over the
///          bounds: 431, 413.
class RequestReader {
 public:
  explicit RequestReader(RequestBounds bounds);
  ~RequestReader();
  RequestReader(const RequestReader&) = delete;
  RequestReader& operator=(const RequestReader&) = delete;

  enum class State {
    head,  // more bytes are needed before its headers are complete
    body,  // the headers are complete, the body is not
    complete,  // request() and size() are valid as long as the bytes stay where they are
    refused,  // status() and why()
  };

  /// `data`: all bytes since the beginning of this request, perhaps with the next one behind it.
  State read(std::string_view data);
  /// Goes on to the next request; the caller takes size() bytes away.
  void next();

  const Request& request() const { return request_; }
  std::size_t size() const { return size_; }
  /// Whether the client waits for "100 Continue" before it sends the body. Once.
  bool take_expectation();

  int status() const { return status_; }
  std::string_view why() const { return why_; }

 private:
  class Parser;

  State refuse(int status, std::string_view why);
  State read_head(std::string_view data);
  State read_chunks(std::string_view data);
  bool judge_fields();
  void split_target();

  const RequestBounds bounds_;
  Request request_;
  std::unique_ptr<Parser> chunks_;  // while a chunked body is read
  std::string body_;  // what the chunks held
  const char* base_ = nullptr;  // where the bytes lay when the headers were read
  std::size_t looked_ = 0;  // no end of the headers before this
  std::size_t head_size_ = 0;  // 0 = not complete
  std::size_t length_ = 0;  // Content-Length
  std::size_t taken_ = 0;  // bytes that `chunks_` has used up
  std::size_t size_ = 0;
  bool chunked_ = false;
  bool expects_ = false;
  int status_ = 0;
  std::string_view why_;
};

}  // namespace sumun::http
