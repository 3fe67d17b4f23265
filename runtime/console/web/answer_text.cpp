// SPDX-License-Identifier: Apache-2.0
#include "console/web/answer_text.hpp"

#include <boost/beast/http/status.hpp>

namespace tmplbuild::console {

static void add_header(std::string& head, std::string_view name, std::string_view value) {
    head += name;
    head += ": ";
    for (const char c : value) head += c == '\r' || c == '\n' || c == '\0' ? ' ' : c;
    head += "\r\n";
}

std::string head_text(const Answer& answer, BodyLength length, bool closes) {
    namespace http = boost::beast::http;
    const auto reason = http::obsolete_reason(static_cast<http::status>(answer.status));
    std::string head = "HTTP/1.1 " + std::to_string(answer.status) + " " + std::string(reason) + "\r\n";
    for (const auto& [name, value] : answer.headers) add_header(head, name, value);
    if (length.kind == BodyLength::Kind::known) add_header(head, "Content-Length", std::to_string(length.bytes));
    if (length.kind == BodyLength::Kind::chunked) add_header(head, "Transfer-Encoding", "chunked");
    if (closes) add_header(head, "Connection", "close");
    return head + "\r\n";
}

}  // namespace tmplbuild::console
