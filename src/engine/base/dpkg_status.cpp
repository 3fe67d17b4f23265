// SPDX-License-Identifier: Apache-2.0
#include "engine/base/dpkg_status.hpp"

#include "io/archive.hpp"

namespace tmplbuild {

static constexpr std::size_t status_limit = 256 << 20;

Result<std::string> dpkg_status(const Store& store, const std::vector<BuiltLayer>& layers) {
    for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer) {
        auto reader = io::ArchiveReader::open(store.blob_path(layer->digest));
        if (!reader) return reader.error();
        for (;;) {
            auto entry = reader->next();
            if (!entry) return entry.error();
            if (!*entry) break;
            if ((*entry)->path != "var/lib/dpkg/status") continue;
            std::string text;
            std::vector<std::byte> buffer(1 << 18);
            for (;;) {
                auto got = reader->read(buffer);
                if (!got) return got.error();
                if (*got == 0) return text;
                text.append(reinterpret_cast<const char*>(buffer.data()), *got);
                if (text.size() > status_limit) return build_error("the base's dpkg status file is too large");
            }
        }
    }
    return std::string();
}

}  // namespace tmplbuild
