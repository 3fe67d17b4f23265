// SPDX-License-Identifier: Apache-2.0
#include "engine/base/dpkg_status.hpp"

#include <optional>
#include <utility>

#include "store/layer_reader.hpp"

namespace tmplbuild {

static constexpr std::size_t status_limit = 256 << 20;

static Result<std::string> whole_text(io::ArchiveReader& content) {
    std::string text;
    std::vector<std::byte> buffer(1 << 18);
    for (;;) {
        auto got = content.read(buffer);
        if (!got) return got.error();
        if (*got == 0) return text;
        text.append(reinterpret_cast<const char*>(buffer.data()), *got);
        if (text.size() > status_limit) return build_error("the base's dpkg status file is too large");
    }
}

Result<std::string> dpkg_status(const Store& store, const std::vector<BuiltLayer>& layers) {
    for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer) {
        auto reader = LayerReader::open(store, *layer);
        if (!reader) return reader.error();
        std::optional<std::string> found;
        const auto read =
            reader->each_entry([&](const io::ArchiveEntry& entry, io::ArchiveReader& content) -> Result<void> {
                if (entry.path != "var/lib/dpkg/status") return {};
                auto text = whole_text(content);
                if (!text) return text.error();
                found = std::move(*text);
                return {};
            });
        if (!read) return read.error();
        if (found) return std::move(*found);
    }
    return std::string();
}

}  // namespace tmplbuild
