// SPDX-License-Identifier: Apache-2.0
#include "console/web/static_files.hpp"

#include <zlib.h>

#include <array>

#include "base/text.hpp"

namespace tmplbuild::console {

namespace {

constexpr std::size_t longest_file = 4 << 20;
constexpr int gzip_window = 15 + 16;  // zlib's way to say that a gzip header is expected

// RFC 9110, section 12.5.3, as far as it matters: "gzip" is named, and not with a weight of zero.
bool takes_gzip(const std::string& accepted) {
    for (const std::string& part : split(accepted, ',')) {
        const auto words = split(part, ';');
        if (to_lower(trim(words[0])) != "gzip") continue;
        for (std::size_t i = 1; i < words.size(); ++i) {
            const std::string weight(trim(words[i]));
            if (weight.starts_with("q=") && weight.find_first_not_of("0.", 2) == std::string::npos) return false;
        }
        return true;
    }
    return false;
}

std::string unpacked(std::string_view gzip) {
    z_stream stream{};
    if (::inflateInit2(&stream, gzip_window) != Z_OK) return {};
    // zlib does not write to what it reads.
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(gzip.data()));
    stream.avail_in = static_cast<uInt>(gzip.size());
    std::string out;
    std::array<char, 16384> part{};
    int code = Z_OK;
    while (code == Z_OK && out.size() < longest_file) {
        stream.next_out = reinterpret_cast<Bytef*>(part.data());
        stream.avail_out = part.size();
        code = ::inflate(&stream, Z_NO_FLUSH);
        out.append(part.data(), part.size() - stream.avail_out);
    }
    ::inflateEnd(&stream);
    return code == Z_STREAM_END ? out : std::string();
}

}  // namespace

Answer static_answer(const Request& request, std::span<const pages::StaticFile> files) {
    const auto words = split(request.path.substr(static_prefix.size()), '/');
    for (const pages::StaticFile& file : files) {
        if (words.size() != 2 || words[0] != file.hash || words[1] != file.name) continue;
        const bool packed = takes_gzip(request.header("accept-encoding"));
        Answer out = text_answer(200, packed ? std::string(file.gzip) : unpacked(file.gzip));
        for (auto& [name, value] : out.headers) {
            if (name == "Content-Type") value = file.content_type;
            if (name == "Cache-Control") value = "public, max-age=31536000, immutable";
        }
        if (packed) out.with("Content-Encoding", "gzip");
        return out.with("Vary", "Accept-Encoding");
    }
    return text_answer(404, "there is no such file\n");
}

}  // namespace tmplbuild::console
