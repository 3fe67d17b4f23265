// SPDX-License-Identifier: Apache-2.0
#include "pack/layer_indexer.hpp"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "io/spool.hpp"
#include "pack/whiteout.hpp"

namespace tmplbuild {

namespace {

// Bytes that are kept of a text; the fields that matter stand at its beginning.
constexpr std::size_t text_limit = 64 << 10;
constexpr std::string_view elf_magic =
    "\x7f"
    "ELF";
constexpr std::size_t script_limit = 256;  // bytes of a script's first line that Linux reads (execve(2))

bool is_shared_or_program(kernel::Bytes head) {
    const auto header = kernel::read_elf_header(head);
    return header && header->machine == kernel::elf_machine_x86_64 && (header->type == 2 || header->type == 3);
}

// Which texts the proofs read of an image besides ELF files: they say where Python is, what is installed, where
// libraries are looked for, and which users there are. Of an executable script the first line is kept, since it names
// the interpreter.
bool is_kept_text(std::string_view path) {
    const std::string_view name = path.substr(path.rfind('/') + 1);
    return name == "pyvenv.cfg" || name.ends_with(".pth") || path.ends_with(".dist-info/METADATA") ||
           path.ends_with(".egg-info/PKG-INFO") || path == "etc/ld.so.conf" || path.starts_with("etc/ld.so.conf.d/") ||
           path == "etc/passwd" || path == "etc/group";
}

kernel::IndexedFile file_of(const io::TarHeader& header) {
    using Type = kernel::IndexedFile::Type;
    kernel::IndexedFile file{Type::other, header.mode, 0, {}};
    switch (header.type) {
        case io::TarHeader::Type::file:
            file.type = Type::file;
            file.size = header.size;
            break;
        case io::TarHeader::Type::directory:
            file.type = Type::directory;
            break;
        case io::TarHeader::Type::symlink:
            file.type = Type::symlink;
            file.link = header.link;
            break;
        case io::TarHeader::Type::hardlink:
            file.type = Type::hardlink;
            file.link = header.link;
            break;
        default:
            break;
    }
    return file;
}

}  // namespace

struct LayerIndexer::Impl {
    explicit Impl(std::filesystem::path folder) : spool(std::move(folder)) {}

    enum class Kind { nothing, undecided, elf, text, script };

    // The file before this one is now complete.
    Result<void> end_file() {
        const Kind ended = std::exchange(kind, Kind::nothing);
        if (ended == Kind::text) {
            auto read = spool.whole([&](kernel::Bytes bytes) {
                builder.add_text(path, std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
            });
            if (!read) return read;
        } else if (ended == Kind::script) {
            builder.add_text(path, head.substr(0, head.find('\n')));
        } else if (ended == Kind::elf) {
            auto read = spool.whole([&](kernel::Bytes bytes) {
                if (!is_shared_or_program(bytes)) return;
                if (const auto info = kernel::read_elf(bytes))
                    builder.add_elf(path, *info);
                else
                    builder.add_unreadable_elf(path, info.error().message);
            });
            if (!read) return read;
        }
        spool.clear();
        return {};
    }

    Result<void> begin(const io::TarHeader& header) {
        path = header.path;
        while (path.ends_with('/')) path.pop_back();
        if (path.empty()) return {};
        const std::size_t name = path.rfind('/') + 1;  // npos + 1 is 0
        if (path.compare(name, whiteout_prefix.size(), whiteout_prefix) == 0) {
            const std::string folder = name == 0 ? "" : path.substr(0, name - 1);
            if (path.substr(name) == opaque_whiteout)
                builder.add_opaque(folder);
            else if (!path.substr(name).starts_with(aufs_prefix))
                builder.add_file(path.substr(0, name) + path.substr(name + whiteout_prefix.size()),
                                 {kernel::IndexedFile::Type::whiteout, 0, 0, {}});
            return {};
        }
        builder.add_file(path, file_of(header));
        if (header.type != io::TarHeader::Type::file || header.size == 0) return {};
        kind = is_kept_text(path) ? Kind::text : Kind::undecided;
        head.clear();
        executable = (header.mode & 0111) != 0;
        return {};
    }

    // Collects the first bytes until they tell what kind of file it is.
    void look_at_head(std::span<const std::byte> bytes) {
        const auto more = bytes.first(std::min(bytes.size(), elf_magic.size() - head.size()));
        head.append(reinterpret_cast<const char*>(more.data()), more.size());
        if (head.size() < elf_magic.size()) return;
        kind = head == elf_magic                             ? Kind::elf
               : executable && head.compare(0, 2, "#!") == 0 ? Kind::script
                                                             : Kind::nothing;
        if (kind != Kind::script) return;
        add_to_head(bytes.subspan(more.size()));
    }

    void add_to_head(std::span<const std::byte> bytes) {
        const auto more = bytes.first(std::min(bytes.size(), script_limit - head.size()));
        head.append(reinterpret_cast<const char*>(more.data()), more.size());
    }

    Result<void> data(std::span<const std::byte> bytes) {
        if (kind == Kind::nothing || bytes.empty()) return {};
        if (kind == Kind::text) return spool.add(bytes.first(std::min(bytes.size(), text_limit - spool.size())));
        if (kind == Kind::script) {
            add_to_head(bytes);
            return {};
        }
        if (kind == Kind::undecided) look_at_head(bytes);
        if (kind == Kind::undecided || kind == Kind::elf) return spool.add(bytes);
        spool.clear();
        return {};
    }

    kernel::LayerIndexBuilder builder;
    io::Spool spool;
    Kind kind = Kind::nothing;
    std::string path, head;   // the current file's; `head` is its first four bytes, or a script's first line and more
    bool executable = false;  // of the current file
};

LayerIndexer::LayerIndexer(std::filesystem::path spool_folder)
    : impl_(std::make_unique<Impl>(std::move(spool_folder))) {}
LayerIndexer::~LayerIndexer() = default;
LayerIndexer::LayerIndexer(LayerIndexer&&) noexcept = default;

Result<void> LayerIndexer::entry(const io::TarHeader& header) {
    if (auto ended = impl_->end_file(); !ended) return ended;
    return impl_->begin(header);
}

Result<void> LayerIndexer::data(std::span<const std::byte> bytes) { return impl_->data(bytes); }

Result<std::string> LayerIndexer::finish(const Digest& diff_id) {
    if (auto ended = impl_->end_file(); !ended) return ended.error();
    return impl_->builder.finish(diff_id);
}

// --- in the store ----------------------------------------------------------------------------------------------------

std::string layer_index_kind() { return "layer-index-" + std::to_string(kernel::layer_index_version); }

Result<StoredIndex> StoredIndex::open(sys::MappedFile file) {
    auto index = kernel::LayerIndex::open(file.bytes());
    if (!index) return index.error();
    return StoredIndex(std::move(file), std::move(*index));
}

Result<StoredIndex> StoredIndex::open(std::string text) {
    auto held = std::make_unique<std::string>(std::move(text));
    auto index = kernel::LayerIndex::open(std::as_bytes(std::span(*held)));
    if (!index) return index.error();
    return StoredIndex(std::move(held), std::move(*index));
}

Result<void> keep_layer_index(const Store& store, const BuiltLayer& layer, std::string_view index) {
    if (auto put = store.put_side_file(layer_index_kind(), layer.digest, index); !put) return put;
    // An archive's reader may know the same layer by its plain tar. Where the link fails, the layer is indexed once
    // more.
    if (layer.diff_id != layer.digest)
        (void)::link(store.side_file(layer_index_kind(), layer.digest).c_str(),
                     store.side_file(layer_index_kind(), layer.diff_id).c_str());
    return {};
}

static std::optional<StoredIndex> find_index_of_kind(const Store& store, const std::string& kind, const Digest& blob) {
    auto file = sys::MappedFile::open(store.side_file(kind, blob));
    if (!file) return std::nullopt;
    auto index = StoredIndex::open(std::move(*file));
    return index ? std::optional(std::move(*index)) : std::nullopt;
}

std::optional<StoredIndex> find_layer_index(const Store& store, const Digest& blob) {
    return find_index_of_kind(store, layer_index_kind(), blob);
}

std::optional<StoredIndex> find_any_layer_index(const Store& store, const Digest& blob) {
    auto own = find_layer_index(store, blob);
    return own ? std::move(own) : find_index_of_kind(store, Store::given_kind(layer_index_kind()), blob);
}

}  // namespace tmplbuild
