// SPDX-License-Identifier: Apache-2.0
#include "pack/layer_writer.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <vector>

#include "base/text.hpp"
#include "io/async_sink.hpp"
#include "io/compress.hpp"
#include "io/tar_writer.hpp"
#include "pack/layer_indexer.hpp"
#include "pack/whiteout.hpp"
#include "store/layer_reader.hpp"
#include "sys/fd.hpp"

namespace tmplbuild {

static constexpr int packer_version = 2;  // raised whenever the bytes of a layer change for the same entries

std::string packer_format(Compression compression) {
    return std::to_string(packer_version) + "+" + io::Compressor::format(compression);
}

// 0: the opaque whiteout, 1: another whiteout, 2: everything else.
static int name_rank(std::string_view path, std::size_t begin) {
    const std::string_view name = path.substr(begin, path.find('/', begin) - begin);
    return !name.starts_with(whiteout_prefix) ? 2 : name == opaque_whiteout ? 0 : 1;
}

bool layer_path_less(std::string_view a, std::string_view b) {
    const auto [x, y] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
    if (x == a.end() || y == b.end()) return x == a.end() && y != b.end();
    const std::size_t at = static_cast<std::size_t>(x - a.begin());
    const std::size_t slash = a.substr(0, at).rfind('/');
    const std::size_t begin = slash == std::string_view::npos ? 0 : slash + 1;
    const int left = name_rank(a, begin), right = name_rank(b, begin);
    if (left != right) return left < right;
    // '/' before every other byte: what is in a folder comes right after it.
    if (*x == '/' || *y == '/') return *x == '/';
    return static_cast<unsigned char>(*x) < static_cast<unsigned char>(*y);
}

// Names that no file system of a container can hold (NAME_MAX, and PATH_MAX without its NUL); without this check, the
// image would fail when it is unpacked.
static constexpr std::size_t longest_name = 255, longest_path = 4095;

static Result<void> check_path(const std::string& path) {
    auto bad = [&](const std::string& why) { return build_error("a layer cannot hold '" + path + "': " + why); };
    if (path.size() > longest_path)
        return bad("the path has " + std::to_string(path.size()) + " bytes, more than " + std::to_string(longest_path));
    if (path.empty() || path.front() == '/') return bad("the path is not relative to the root");
    if (path.find('\0') != std::string::npos) return bad("the path holds a NUL byte");
    for (const std::string& part : split(path, '/'))
        if (part.empty() || part == "." || part == "..")
            return bad("the path has a part that is empty, '.' or '..'");
        else if (part.size() > longest_name)
            return bad("a name in it has " + std::to_string(part.size()) + " bytes, more than " +
                       std::to_string(longest_name));
    return {};
}

static Result<void> check_target(const Entry& entry) {
    auto bad = [&](const std::string& why) {
        return build_error("a layer cannot hold the link '" + entry.path + "': " + why);
    };
    if (entry.link.empty()) return bad("it leads to nothing");
    if (entry.link.find('\0') != std::string::npos) return bad("its target holds a NUL byte");
    if (entry.link.size() > longest_path)
        return bad("its target has " + std::to_string(entry.link.size()) + " bytes, more than " +
                   std::to_string(longest_path));
    return {};
}

struct LayerWriter::Impl {
    Impl(const Store& to, PackOptions with)
        : store(to),
          options(std::move(with)),
          compressor(options.compression, [this](auto data) { return store_bytes(data); }),
          packing([this](auto data) { return tar_bytes(data); }),
          tar([this](auto data) { return packing.write(data); }),
          indexer(store.root() / "tmp") {}
    ~Impl() {
        if (!file.empty()) ::unlink(file.c_str());
    }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    Result<void> tar_bytes(std::span<const std::byte> data) {
        tar_hash.update(data);
        tar_size += data.size();
        return compressor.write(data);
    }
    Result<void> store_bytes(std::span<const std::byte> data) {
        if (auto opened = open(); !opened) return opened;
        blob_hash.update(data);
        blob_size += data.size();
        return sys::write_all(fd.get(), data, file);
    }
    Result<void> open() {
        if (fd) return {};
        auto name = store.new_temp_file();
        if (!name) return name.error();
        auto opened = sys::open_fd(*name, O_WRONLY | O_CREAT | O_EXCL, 0600);
        if (!opened) return opened.error();
        file = *name;
        fd = std::move(*opened);
        return {};
    }

    const Store& store;
    PackOptions options;
    sys::Fd fd;
    std::filesystem::path file;
    Sha256 tar_hash, blob_hash;
    std::uint64_t tar_size = 0, blob_size = 0, entries = 0;
    std::string last;
    io::Compressor compressor;
    // Hashes and compresses in a thread of its own; it ends before the objects that it writes to.
    io::AsyncSink packing;
    io::TarWriter tar;
    LayerIndexer indexer;
};

LayerWriter::LayerWriter(const Store& store, PackOptions options)
    : impl_(std::make_unique<Impl>(store, std::move(options))) {}
LayerWriter::~LayerWriter() = default;
LayerWriter::LayerWriter(LayerWriter&&) noexcept = default;

std::uint64_t LayerWriter::entries() const { return impl_->entries; }

static io::TarHeader header_of(const Entry& entry) {
    io::TarHeader header;
    header.path = entry.type == EntryType::directory ? entry.path + "/" : entry.path;
    header.type = entry.type;
    header.mode = entry.type == EntryType::symlink ? 0777 : entry.mode & 07777;
    header.uid = entry.uid;
    header.gid = entry.gid;
    header.mtime = std::max(entry.mtime, default_mtime);
    header.size = entry.type == EntryType::file ? entry.size : 0;
    header.link = entry.link;
    header.device_major = entry.device_major;
    header.device_minor = entry.device_minor;
    header.xattrs = entry.xattrs;
    return header;
}

Result<void> LayerWriter::begin(const Entry& entry) {
    for (const std::string& part : split(entry.path, '/'))
        if (part.starts_with(whiteout_prefix))
            return build_error("a layer cannot hold '" + entry.path + "': readers take '" + part + "' for a deletion");
    return put(entry);
}

Result<void> LayerWriter::add_whiteout(const std::string& path) {
    if (auto checked = check_path(path); !checked) return checked;
    return put({.path = whiteout_path(path)});
}

Result<void> LayerWriter::add_opaque(const std::string& path) {
    if (auto checked = check_path(path); !checked) return checked;
    return put({.path = opaque_path(path)});
}

Result<void> LayerWriter::put(const Entry& entry) {
    if (auto checked = check_path(entry.path); !checked) return checked;
    if (impl_->entries != 0 && !layer_path_less(impl_->last, entry.path))
        return build_error("'" + entry.path + "' came after '" + impl_->last +
                           "' into a layer: entries must be sorted");
    if (entry.type == EntryType::hardlink) {
        if (auto checked = check_path(entry.link); !checked) return checked;
        if (!layer_path_less(entry.link, entry.path))
            return build_error("the hard link '" + entry.path + "' comes before its target '" + entry.link + "'");
    }
    if (entry.type == EntryType::symlink)
        if (auto checked = check_target(entry); !checked) return checked;
    impl_->last = entry.path;
    ++impl_->entries;
    const io::TarHeader header = header_of(entry);
    if (auto seen = impl_->indexer.entry(header); !seen) return seen;
    return impl_->tar.header(header);
}

Result<void> LayerWriter::write(std::span<const std::byte> data) {
    if (auto seen = impl_->indexer.data(data); !seen) return seen;
    return impl_->tar.data(data);
}

Result<void> LayerWriter::add(const Entry& entry) {
    if (entry.type == EntryType::file && entry.size != 0)
        return build_error("'" + entry.path + "' was added without its content");
    return begin(entry);
}

Result<void> LayerWriter::add_text(Entry entry, std::string_view content) {
    entry.size = content.size();
    if (auto begun = begin(entry); !begun) return begun;
    return write(sys::as_bytes(content));
}

Result<void> LayerWriter::add_file(Entry entry, const std::filesystem::path& from) {
    auto fd = sys::open_fd(from, O_RDONLY | O_NOFOLLOW);
    if (!fd) return fd.error();
    struct stat facts {};
    if (::fstat(fd->get(), &facts) != 0) return os_error("look at", from, errno);
    if (!S_ISREG(facts.st_mode)) return build_error("'" + from.string() + "' is not a plain file");
    entry.size = static_cast<std::uint64_t>(facts.st_size);
    if (auto begun = begin(entry); !begun) return begun;
    ::posix_fadvise(fd->get(), 0, 0, POSIX_FADV_SEQUENTIAL);
    std::vector<std::byte> buffer(std::min<std::uint64_t>(entry.size + 1, 1 << 20));
    for (std::uint64_t left = entry.size; left != 0;) {
        auto got =
            sys::read_full(fd->get(), std::span(buffer).first(std::min<std::uint64_t>(left, buffer.size())), from);
        if (!got) return got.error();
        if (*got == 0) return build_error("'" + from.string() + "' became shorter while it was packed");
        if (auto written = write(std::span(buffer).first(*got)); !written) return written;
        left -= *got;
    }
    return {};
}

Result<BuiltLayer> LayerWriter::finish() {
    if (auto ended = impl_->tar.finish(); !ended) return ended.error();
    if (auto ended = impl_->packing.finish(); !ended) return ended.error();
    if (auto ended = impl_->compressor.finish(); !ended) return ended.error();
    if (auto opened = impl_->open(); !opened) return opened.error();
    BuiltLayer layer;
    layer.digest = impl_->blob_hash.finish();
    layer.diff_id = impl_->tar_hash.finish();
    layer.size = impl_->blob_size;
    layer.tar_size = impl_->tar_size;
    layer.compression = impl_->options.compression;
    layer.comment = impl_->options.comment;
    impl_->fd.reset();
    if (auto adopted = impl_->store.adopt_hashed(impl_->file, layer.digest); !adopted) return adopted.error();
    impl_->file.clear();
    auto index = impl_->indexer.finish(layer.diff_id);
    if (!index) return index.error();
    if (auto kept = keep_layer_index(impl_->store, layer, *index); !kept) return kept.error();
    return layer;
}

}  // namespace tmplbuild
