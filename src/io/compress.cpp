// SPDX-License-Identifier: Apache-2.0
#include "io/compress.hpp"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <limits>
#include <thread>
#include <vector>

namespace tmplbuild::io {

static constexpr int zstd_level = 3;
// The default for this level, 8 MiB, costs memory and gains nothing here.
static constexpr int zstd_job_bytes = 2 << 20;
static constexpr int gzip_level = 6;

struct Compressor::Stream {
    explicit Stream(Sink sink) : sink_(std::move(sink)) {}
    virtual ~Stream() = default;
    virtual Result<void> write(std::span<const std::byte> data) = 0;
    virtual Result<void> finish() = 0;
    Sink sink_;
};

struct Compressor::Plain : Stream {
    using Stream::Stream;
    Result<void> write(std::span<const std::byte> data) override { return sink_(data); }
    Result<void> finish() override { return {}; }
};

struct Compressor::Zstd : Stream {
    explicit Zstd(Sink sink) : Stream(std::move(sink)), context_(ZSTD_createCCtx()), out_(ZSTD_CStreamOutSize()) {
        // More than four workers only cost memory, since reading and hashing the tar then limits the speed.
        const int workers = static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1U, 4U));
        ready_ = context_ != nullptr && set(ZSTD_c_compressionLevel, zstd_level) && set(ZSTD_c_checksumFlag, 1) &&
                 set(ZSTD_c_jobSize, zstd_job_bytes) && set(ZSTD_c_nbWorkers, workers);
    }
    ~Zstd() override { ZSTD_freeCCtx(context_); }

    Result<void> write(std::span<const std::byte> data) override { return run(data, ZSTD_e_continue); }
    Result<void> finish() override { return run({}, ZSTD_e_end); }

  private:
    bool set(ZSTD_cParameter parameter, int value) {
        return ZSTD_isError(ZSTD_CCtx_setParameter(context_, parameter, value)) == 0;
    }
    Result<void> run(std::span<const std::byte> data, ZSTD_EndDirective directive) {
        if (!ready_) return machine_error("this machine's libzstd has no multi-threaded compression");
        ZSTD_inBuffer in{data.data(), data.size(), 0};
        for (;;) {
            ZSTD_outBuffer out{out_.data(), out_.size(), 0};
            const std::size_t left = ZSTD_compressStream2(context_, &out, &in, directive);
            if (ZSTD_isError(left) != 0) return build_error(std::string("zstd failed: ") + ZSTD_getErrorName(left));
            if (out.pos != 0)
                if (auto sent = sink_(std::span(out_).first(out.pos)); !sent) return sent;
            if (directive == ZSTD_e_end ? left == 0 : in.pos == in.size) return {};
        }
    }
    ZSTD_CCtx* context_;
    std::vector<std::byte> out_;
    bool ready_ = false;
};

struct Compressor::Gzip : Stream {
    explicit Gzip(Sink sink) : Stream(std::move(sink)), out_(256 << 10) {
        header_.os = 255;  // unknown, so that the bytes are the same everywhere
        // 15 window bits, and 16 more for the gzip wrapper (zlib.h, deflateInit2).
        ready_ = ::deflateInit2(&stream_, gzip_level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK &&
                 ::deflateSetHeader(&stream_, &header_) == Z_OK;
    }
    ~Gzip() override { ::deflateEnd(&stream_); }

    Result<void> write(std::span<const std::byte> data) override {
        while (!data.empty()) {
            const auto part = data.first(std::min<std::size_t>(data.size(), 1 << 30));  // zlib counts in 32 bits
            if (auto done = run(part, Z_NO_FLUSH); !done) return done;
            data = data.subspan(part.size());
        }
        return {};
    }
    Result<void> finish() override { return run({}, Z_FINISH); }

  private:
    Result<void> run(std::span<const std::byte> data, int flush) {
        if (!ready_) return machine_error("zlib could not be started");
        // zlib.h declares the pointer without const, although zlib does not write to it.
        stream_.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(data.data()));
        stream_.avail_in = static_cast<uInt>(data.size());
        for (;;) {
            stream_.next_out = reinterpret_cast<Bytef*>(out_.data());
            stream_.avail_out = static_cast<uInt>(out_.size());
            const int code = ::deflate(&stream_, flush);
            if (code == Z_STREAM_ERROR) return build_error("gzip failed");
            const std::size_t made = out_.size() - stream_.avail_out;
            if (made != 0)
                if (auto sent = sink_(std::span(out_).first(made)); !sent) return sent;
            if (flush == Z_FINISH ? code == Z_STREAM_END : stream_.avail_out != 0) return {};
        }
    }
    z_stream stream_{};
    gz_header header_{};
    std::vector<std::byte> out_;
    bool ready_ = false;
};

Compressor::Compressor(Compression codec, Sink sink) {
    switch (codec) {
        case Compression::none:
            stream_ = std::make_unique<Plain>(std::move(sink));
            break;
        case Compression::gzip:
            stream_ = std::make_unique<Gzip>(std::move(sink));
            break;
        case Compression::zstd:
            stream_ = std::make_unique<Zstd>(std::move(sink));
            break;
    }
}
Compressor::~Compressor() = default;
Compressor::Compressor(Compressor&&) noexcept = default;

Result<void> Compressor::write(std::span<const std::byte> data) { return stream_->write(data); }
Result<void> Compressor::finish() { return stream_->finish(); }

std::string Compressor::format(Compression codec) {
    switch (codec) {
        case Compression::none:
            return "plain";
        case Compression::gzip:
            return std::string("gzip-") + ::zlibVersion() + "-" + std::to_string(gzip_level);
        case Compression::zstd:
            return std::string("zstd-") + ZSTD_versionString() + "-" + std::to_string(zstd_level) + "-" +
                   std::to_string(zstd_job_bytes >> 20) + "m";
    }
    return {};
}

}  // namespace tmplbuild::io
