// SPDX-License-Identifier: Apache-2.0
// What clients send to the files' routes, by the first byte: a form, read in pieces of two sizes with the same result;
// a range; a name, which its text leads back to; the header of a safetensors file.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/utf8.hpp"
#include "console/files/multipart.hpp"
#include "console/files/names.hpp"
#include "console/files/ranges.hpp"
#include "console/files/tensor_header.hpp"
#include "sys/fd.hpp"

using namespace tmplbuild;
using namespace tmplbuild::console;

namespace {

void demand(bool met) {
    if (!met) std::abort();
}

std::string parts_of(std::string_view body, std::size_t step) {
    std::size_t at = 0;
    files::Multipart form(
        [&](std::span<char> into) -> Reply<std::size_t> {
            const std::size_t size = std::min({step, into.size(), body.size() - at});
            body.copy(into.data(), size, at);
            at += size;
            return size;
        },
        "B");
    std::string out, piece(step, '\0');
    for (;;) {
        const auto part = form.next();
        if (!part) return out + "!" + std::to_string(part.error().status);
        if (!*part) return out;
        out += (*part)->name + "/" + (*part)->file_name.value_or("-") + "=";
        for (;;) {
            const auto got = form.read(piece);
            if (!got) return out + "!" + std::to_string(got.error().status);
            demand(*got <= piece.size());
            if (*got == 0) break;
            out.append(piece, 0, *got);
        }
    }
}

void read_range(std::string_view text) {
    for (const std::uint64_t size :
         {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{100}, std::uint64_t{INT64_MAX}}) {
        const files::Part part = files::part_of(text, size);
        demand(part.first <= size && part.size <= size - part.first);
        demand(part.kind != files::Part::Kind::part || part.size > 0);
        demand(part.kind != files::Part::Kind::whole || part.size == size);
    }
}

void read_name(std::string_view text) {
    const std::string shown = files::shown(text);
    demand(is_utf8(shown) && files::real(shown) == text);
    if (files::check_name(text))
        demand(!text.empty() && text.size() <= 255 && text.find('/') == std::string_view::npos);
    if (const auto boundary = files::Multipart::boundary_of(text)) demand(!boundary->empty() && boundary->size() <= 70);
}

void read_header(std::string_view text) {
    const sys::Fd file(::memfd_create("header", MFD_CLOEXEC));
    demand(::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    if (const auto header = files::read_tensor_header(file.get(), text.size())) demand(is_utf8(json::compact(*header)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    switch (data[0]) {
        case 'r':
            read_range(text);
            break;
        case 'n':
            read_name(text);
            break;
        case 's':
            read_header(text);
            break;
        default:
            demand(parts_of(text, 3) == parts_of(text, 4096));
    }
    return 0;
}
