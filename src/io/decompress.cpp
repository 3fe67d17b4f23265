// SPDX-License-Identifier: Apache-2.0
#include "io/decompress.hpp"

#include <fcntl.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "sys/fd.hpp"

namespace tmplbuild::io {

namespace {

constexpr std::size_t input_bytes = 256 << 10;

// Input that was read and is not used yet.
struct Input {
    std::vector<std::byte> buffer = std::vector<std::byte>(input_bytes);
    std::size_t at = 0, size = 0;
    bool ended = false;

    std::span<const std::byte> rest() const { return std::span(buffer).subspan(at, size - at); }
    Result<void> refill(const ByteSource& source) {
        if (at != size || ended) return {};
        at = size = 0;
        auto got = source(buffer);
        if (!got) return got.error();
        size = *got;
        ended = *got == 0;
        return {};
    }
    // Reads until the magic number is complete, since it may come in pieces.
    Result<void> fill_at_least(const ByteSource& source, std::size_t wanted) {
        while (size < wanted && !ended) {
            auto got = source(std::span(buffer).subspan(size));
            if (!got) return got.error();
            size += *got;
            ended = *got == 0;
        }
        return {};
    }
};

// A decoder for one kind of stream: it fills `into` from the input. `middle`: the stream may not end here.
struct StreamCodec {
    virtual ~StreamCodec() = default;
    virtual Result<std::size_t> step(Input& input, std::span<std::byte> into) = 0;
    bool middle = false;
};

struct Plain : StreamCodec {
    Result<std::size_t> step(Input& input, std::span<std::byte> into) override {
        const std::size_t n = std::min(into.size(), input.size - input.at);
        std::memcpy(into.data(), input.buffer.data() + input.at, n);
        input.at += n;
        return n;
    }
};

struct Gunzip : StreamCodec {
    Gunzip() { ready_ = ::inflateInit2(&stream_, 15 + 16) == Z_OK; }
    ~Gunzip() override { ::inflateEnd(&stream_); }
    Gunzip(const Gunzip&) = delete;
    Gunzip& operator=(const Gunzip&) = delete;

    Result<std::size_t> step(Input& input, std::span<std::byte> into) override {
        if (!ready_) return machine_error("zlib could not be started");
        if (!middle && ::inflateReset(&stream_) != Z_OK) return machine_error("zlib could not be started");
        middle = true;
        stream_.next_in = reinterpret_cast<Bytef*>(input.buffer.data() + input.at);
        stream_.avail_in = static_cast<uInt>(input.size - input.at);
        stream_.next_out = reinterpret_cast<Bytef*>(into.data());
        const std::size_t room = std::min<std::size_t>(into.size(), 1 << 30);  // zlib counts in 32 bits
        stream_.avail_out = static_cast<uInt>(room);
        const int code = ::inflate(&stream_, Z_NO_FLUSH);
        input.at = input.size - stream_.avail_in;
        if (code == Z_STREAM_END) {
            middle = false;
        } else if (code != Z_OK && code != Z_BUF_ERROR) {
            return build_error(stream_.msg == nullptr ? "bad gzip data" : stream_.msg);
        }
        return room - stream_.avail_out;
    }

  private:
    z_stream stream_{};
    bool ready_ = false;
};

struct Unzstd : StreamCodec {
    Unzstd() : context_(ZSTD_createDCtx()) {}
    ~Unzstd() override { ZSTD_freeDCtx(context_); }
    Unzstd(const Unzstd&) = delete;
    Unzstd& operator=(const Unzstd&) = delete;

    Result<std::size_t> step(Input& input, std::span<std::byte> into) override {
        if (context_ == nullptr) return machine_error("zstd could not be started");
        ZSTD_inBuffer in{input.buffer.data(), input.size, input.at};
        ZSTD_outBuffer out{into.data(), into.size(), 0};
        const std::size_t left = ZSTD_decompressStream(context_, &out, &in);
        if (ZSTD_isError(left) != 0) return build_error(ZSTD_getErrorName(left));
        input.at = in.pos;
        middle = left != 0;
        return out.pos;
    }

  private:
    ZSTD_DCtx* context_;
};

Compression codec_of(std::span<const std::byte> head) {
    auto byte = [&](std::size_t i) { return i < head.size() ? std::to_integer<unsigned>(head[i]) : 0x100U; };
    if (byte(0) == 0x1f && byte(1) == 0x8b) return Compression::gzip;
    if (byte(0) == 0x28 && byte(1) == 0xb5 && byte(2) == 0x2f && byte(3) == 0xfd) return Compression::zstd;
    // RFC 8878, 3.1.2: skippable frames are numbered 0x184D2A50 to 0x184D2A5F; zstd:chunked layers have them.
    if ((byte(0) & 0x1f0) == 0x50 && byte(1) == 0x2a && byte(2) == 0x4d && byte(3) == 0x18) return Compression::zstd;
    return Compression::none;
}

}  // namespace

struct Decompressor::Impl {
    ByteSource source;
    std::uint64_t limit;
    std::string name;
    std::optional<Compression> known;
    Input input{};
    std::unique_ptr<StreamCodec> codec{};
    Compression kind = Compression::none;
    std::uint64_t done = 0;

    Error failure(const std::string& why) const { return build_error("cannot decompress '" + name + "': " + why); }

    Result<void> begin() {
        if (codec) return {};
        if (auto filled = input.fill_at_least(source, 4); !filled) return filled;
        kind = known.value_or(codec_of(input.rest()));
        if (kind == Compression::gzip) codec = std::make_unique<Gunzip>();
        if (kind == Compression::zstd) codec = std::make_unique<Unzstd>();
        if (kind == Compression::none) codec = std::make_unique<Plain>();
        return {};
    }

    // Returns the number of bytes made; 0 at the end.
    Result<std::size_t> some(std::span<std::byte> into) {
        for (;;) {
            if (auto filled = input.refill(source); !filled) return filled.error();
            // Both libraries may hold back bytes when `into` is full, so they are asked again after the input's end.
            if (input.ended && input.at == input.size && !codec->middle) return 0;
            const std::size_t before = input.at;
            auto made = codec->step(input, into);
            if (!made) return failure(made.error().message);
            if (*made != 0) return *made;
            if (input.ended && input.at == before && codec->middle) return failure("it ends in the middle");
        }
    }
};

Decompressor::Decompressor(ByteSource source, std::uint64_t limit, std::string name, std::optional<Compression> known)
    : impl_(new Impl{std::move(source), limit, std::move(name), known}) {}
Decompressor::~Decompressor() = default;
Decompressor::Decompressor(Decompressor&&) noexcept = default;

Result<Decompressor> Decompressor::open(const std::filesystem::path& file, std::uint64_t limit,
                                        std::optional<Compression> known) {
    auto opened = sys::open_fd(file, O_RDONLY);
    if (!opened) return opened.error();
    ::posix_fadvise(opened->get(), 0, 0, POSIX_FADV_SEQUENTIAL);
    auto fd = std::make_shared<sys::Fd>(std::move(*opened));
    return Decompressor([fd, file](std::span<std::byte> into) { return sys::read_full(fd->get(), into, file); }, limit,
                        file, known);
}

Result<Compression> Decompressor::codec() {
    if (auto begun = impl_->begin(); !begun) return begun.error();
    return impl_->kind;
}

Result<std::size_t> Decompressor::read(std::span<std::byte> into) {
    if (auto begun = impl_->begin(); !begun) return begun.error();
    std::size_t size = 0;
    while (size < into.size()) {
        auto made = impl_->some(into.subspan(size));
        if (!made) return made.error();
        if (*made == 0) break;
        size += *made;
        impl_->done += *made;
        if (impl_->done > impl_->limit)
            return impl_->failure("it holds more than the " + human_bytes(impl_->limit) + " that it should");
    }
    return size;
}

}  // namespace tmplbuild::io
