// SPDX-License-Identifier: Apache-2.0
// The values of io/http.hpp and io/http_reply.hpp: methods, bodies, addresses, what a reply says.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "io/http.hpp"
#include "io/http_exchange.hpp"
#include "io/http_reply.hpp"
#include "sys/fd.hpp"
#include "sys/file.hpp"

namespace tmplbuild::io {

namespace fs = std::filesystem;

std::string_view to_string(HttpMethod method) {
    switch (method) {
        case HttpMethod::get:
            return "GET";
        case HttpMethod::head:
            return "HEAD";
        case HttpMethod::post:
            return "POST";
        case HttpMethod::put:
            return "PUT";
        case HttpMethod::patch:
            return "PATCH";
        case HttpMethod::remove:
            return "DELETE";
    }
    return {};
}

HttpBody HttpBody::of(std::string text) {
    const std::uint64_t size = text.size();
    return {size, [text = std::move(text)](std::uint64_t offset, std::span<std::byte> into) -> Result<std::size_t> {
                const std::string_view rest = std::string_view(text).substr(static_cast<std::size_t>(offset));
                const auto bytes = std::as_bytes(std::span(rest)).first(std::min(rest.size(), into.size()));
                std::copy(bytes.begin(), bytes.end(), into.begin());
                return bytes.size();
            }};
}

Result<HttpBody> HttpBody::of_file(const fs::path& file, std::uint64_t offset, std::uint64_t size) {
    auto fd = sys::open_fd(file, O_RDONLY, 0);
    if (!fd) return fd.error();
    // Shared, since requests copy the value.
    auto open = std::make_shared<sys::Fd>(std::move(*fd));
    return HttpBody{size, [open, file, offset](std::uint64_t at, std::span<std::byte> into) -> Result<std::size_t> {
                        for (;;) {
                            const ssize_t got =
                                ::pread(open->get(), into.data(), into.size(), static_cast<off_t>(offset + at));
                            if (got > 0) return static_cast<std::size_t>(got);
                            if (got == 0) return build_error(file.string() + " became shorter while it was sent");
                            if (errno != EINTR) return os_error("read", file.string(), errno);
                        }
                    }};
}

std::string header_of(const std::map<std::string, std::string>& headers, const std::string& name) {
    const auto at = headers.find(name);
    return at == headers.end() ? "" : at->second;
}

bool may_pass_later(int status) {
    return status == 408 || status == 429 || (status >= 500 && status != 501 && status != 505);
}

Result<std::string> join_url(const std::string& base, const std::string& link) {
    auto target = http_target(base, link);
    if (!target) return target.error();
    return target->url;
}

std::string printable_url(const std::string& url) {
    std::string out = url.substr(0, url.find_first_of("?#"));
    const std::size_t scheme = out.find("://");
    const std::size_t begin = scheme == std::string::npos ? 0 : scheme + 3;
    const std::size_t end = std::min(out.find('/', begin), out.size());
    const std::size_t at = out.rfind('@', end);
    if (at != std::string::npos && at >= begin && at < end) out.erase(begin, at + 1 - begin);
    return out;
}

}  // namespace tmplbuild::io
