// SPDX-License-Identifier: Apache-2.0
#include "io/async_sink.hpp"

#include <string>
#include <thread>

#include "support/catch.hpp"
#include "sys/fd.hpp"

using namespace tmplbuild;

TEST_CASE("what goes into an asynchronous sink comes out in order, whatever the sizes") {
    std::string in, out;
    for (unsigned i = 0; i < 3'000'000; ++i) in += static_cast<char>(i * 7919 % 251);
    io::AsyncSink sink([&](auto data) -> Result<void> {
        out.append(reinterpret_cast<const char*>(data.data()), data.size());
        return {};
    });
    for (std::size_t at = 0, size = 1; at < in.size(); at += size, size = size * 3 % 100'003 + 1)
        REQUIRE(sink.write(sys::as_bytes(std::string_view(in).substr(at, size))));
    REQUIRE(sink.finish());
    CHECK(out == in);
}

TEST_CASE("an error of the sink reaches the writer, and an abandoned sink ends") {
    const std::string block(1 << 20, 'x');
    io::AsyncSink failing([](auto) -> Result<void> { return build_error("full"); });
    Result<void> written;
    for (int i = 0; written && i < 100; ++i) written = failing.write(sys::as_bytes(block));
    REQUIRE_FALSE(written);
    CHECK(written.error().message == "full");
    CHECK_FALSE(failing.finish());
    {
        io::AsyncSink abandoned([](auto) -> Result<void> {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
            return {};
        });
        REQUIRE(abandoned.write(sys::as_bytes(block)));
    }
    io::AsyncSink late([](auto) -> Result<void> { return build_error("late"); });
    REQUIRE(late.write(sys::as_bytes("x")));
    CHECK_FALSE(late.finish());
}
