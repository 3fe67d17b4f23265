// SPDX-License-Identifier: Apache-2.0
#include "kernel/layer_index.hpp"

#include <algorithm>
#include <charconv>
#include <unordered_set>

#include "base/text.hpp"

namespace tmplbuild::kernel {

namespace {

constexpr std::string_view first_line = "tmplbuild layer index ";

// Writes control characters and the backslash as \xx, so that a tab ends a field, a newline ends a line, and a tab
// sorts before every other byte.
std::string escape(std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 && c != '\\') {
            out += c;
        } else {
            out += '\\';
            out += digits[byte >> 4];
            out += digits[byte & 15];
        }
    }
    return out;
}

std::string unescape(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        unsigned value = 0;
        if (text[i] == '\\' && i + 2 < text.size() &&
            std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16).ptr == text.data() + i + 3) {
            out += static_cast<char>(value);
            i += 2;
        } else {
            out += text[i];
        }
    }
    return out;
}

template <class Number>
std::optional<Number> number(std::string_view text) {
    Number value = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failed != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
    return value;
}

std::vector<std::string_view> fields_of(std::string_view line) {
    std::vector<std::string_view> out;
    for (;;) {
        const std::size_t tab = line.find('\t');
        out.push_back(line.substr(0, tab));
        if (tab == std::string_view::npos) return out;
        line.remove_prefix(tab + 1);
    }
}

// A list inside a field: each text is escaped once more, so that none holds the list's separator.
std::string list_field(const std::vector<std::string>& list) {
    std::string out;
    for (const std::string& text : list) {
        if (!out.empty()) out += ' ';
        for (const char c : escape(text)) out += c == ' ' ? std::string("\\20") : std::string(1, c);
    }
    return out;
}

std::vector<std::string> list_of(std::string_view field) {
    std::vector<std::string> out;
    if (field.empty()) return out;
    for (const std::string& part : split(field, ' ')) out.push_back(unescape(part));
    return out;
}

std::string_view line_at(std::string_view section, std::size_t at) {
    return section.substr(at, section.find('\n', at) - at);
}

// Where the first line that is not less than `key` begins; the section's size when there is none.
std::size_t lower_bound(std::string_view section, std::string_view key) {
    std::size_t low = 0, high = section.size();
    while (low < high) {
        const std::size_t middle = low + (high - low) / 2;
        const std::size_t before = middle == low ? std::string_view::npos : section.rfind('\n', middle - 1);
        const std::size_t start = before == std::string_view::npos || before < low ? low : before + 1;
        const std::string_view line = line_at(section, start);
        if (line < key)
            low = std::min(start + line.size() + 1, section.size());
        else
            high = start;
    }
    return low;
}

template <class Visit>
void each_line(std::string_view section, Visit visit) {
    for (std::size_t at = 0; at < section.size();) {
        const std::string_view line = line_at(section, at);
        visit(line);
        at += line.size() + 1;
    }
}

// Visits every line that begins with `key`, until `visit` returns false.
template <class Visit>
void each_with(std::string_view section, std::string_view key, Visit visit) {
    for (std::size_t at = lower_bound(section, key); at < section.size();) {
        const std::string_view line = line_at(section, at);
        if (!line.starts_with(key) || !visit(line.substr(key.size()))) return;
        at += line.size() + 1;
    }
}

bool any_with(std::string_view section, std::string_view key) {
    const std::size_t at = lower_bound(section, key);
    return at < section.size() && line_at(section, at).starts_with(key);
}

// Reads a file's line after its path.
std::optional<IndexedFile> parse_file(std::string_view rest) {
    const auto fields = fields_of(rest);
    if (fields.size() != 4 || fields[0].size() != 1 ||
        std::string_view("fdlhwos").find(fields[0]) == std::string_view::npos)
        return std::nullopt;
    const auto mode = number<std::uint32_t>(fields[1]);
    const auto size = number<std::uint64_t>(fields[2]);
    if (!mode || !size) return std::nullopt;
    return IndexedFile{static_cast<IndexedFile::Type>(fields[0][0]), *mode, *size, unescape(fields[3])};
}

struct NumberedElf {
    std::size_t number = 0;
    IndexedElf elf;
};

std::optional<NumberedElf> parse_elf(std::string_view line) {
    const auto fields = fields_of(line);
    if (fields.size() != 10) return std::nullopt;
    const auto place = number<std::size_t>(fields[1]);
    const auto type = number<std::uint16_t>(fields[2]), machine = number<std::uint16_t>(fields[3]);
    if (!place || !type || !machine) return std::nullopt;
    return NumberedElf{*place,
                       {unescape(fields[0]), *type, *machine, unescape(fields[4]), list_of(fields[5]),
                        list_of(fields[6]), fields[7] == "1", list_of(fields[8]), unescape(fields[9])}};
}

}  // namespace

std::string IndexedElf::name() const { return soname.empty() ? path.substr(path.rfind('/') + 1) : soname; }

// --- making ----------------------------------------------------------------------------------------------------------

void LayerIndexBuilder::forget(const std::string& escaped) {
    files_.erase(escaped);
    texts_.erase(escaped);
    elfs_.erase(escaped);
}

void LayerIndexBuilder::add_file(const std::string& path, const IndexedFile& file) {
    const std::string key = escape(path);
    // A deletion is about the layers below only: beside a folder of the same name it means that the folder's older
    // content is hidden.
    const auto same = files_.find(key);
    const bool was_deletion = same != files_.end() && same->second.starts_with('w');
    if (file.type == IndexedFile::Type::whiteout && same != files_.end() && !was_deletion) {
        if (same->second.starts_with('d')) add_opaque(path);
        return;
    }
    if (file.type == IndexedFile::Type::directory && was_deletion) add_opaque(path);
    forget(key);
    files_[key] = join({std::string(1, static_cast<char>(file.type)), std::to_string(file.mode),
                        std::to_string(file.size), escape(file.link)},
                       "\t");
    deletes_ = deletes_ || file.type == IndexedFile::Type::whiteout;
}

void LayerIndexBuilder::add_opaque(const std::string& folder) {
    opaque_.insert(escape(folder));
    deletes_ = true;
}

void LayerIndexBuilder::add_elf(const std::string& path, const ElfInfo& info) {
    const std::string key = escape(path), place = std::to_string(next_elf_);
    elfs_[key] = {next_elf_++, join({place, std::to_string(info.header.type), std::to_string(info.header.machine),
                                     escape(info.soname), list_field(info.needed), list_field(info.runpath),
                                     info.is_rpath ? "1" : "0", list_field(info.versions), ""},
                                    "\t")};
    for (const Symbol& symbol : info.defined) {
        symbols_ += escape(symbol.name);
        symbols_ += '\t';
        symbols_ += place;
        symbols_ += '\t';
        symbols_ += escape(symbol.version);
        symbols_ += symbol.is_default ? "\t1\n" : "\t0\n";
    }
}

void LayerIndexBuilder::add_unreadable_elf(const std::string& path, const std::string& why) {
    elfs_[escape(path)] = {next_elf_, join({std::to_string(next_elf_), "0\t0\t\t\t\t0\t", escape(why)}, "\t")};
    ++next_elf_;
}

void LayerIndexBuilder::add_text(const std::string& path, const std::string& content) {
    texts_[escape(path)] = escape(content);
}

std::string LayerIndexBuilder::finish(const Digest& diff_id) {
    std::string files, elfs, texts;
    for (const auto& [path, rest] : files_) files += path + "\t" + rest + "\n";
    std::vector<std::string> opaque;
    for (const std::string& path : opaque_) opaque.push_back(path + "\to\t0\t0\t\n");
    std::set<std::size_t> live;
    for (const auto& [path, elf] : elfs_) {
        live.insert(elf.number);
        elfs += path + "\t" + elf.line + "\n";
    }
    for (const auto& [path, content] : texts_) texts += path + "\t" + content + "\n";
    if (!opaque.empty()) {
        std::vector<std::string> lines = split(files, '\n');
        files.clear();
        for (std::string& line : lines)
            if (!line.empty()) opaque.push_back(line + "\n");
        std::sort(opaque.begin(), opaque.end());
        for (const std::string& line : opaque) files += line;
    }
    std::vector<std::string_view> symbols;
    for (std::string_view left = symbols_; !left.empty();) {
        const std::string_view line = left.substr(0, left.find('\n') + 1);
        left.remove_prefix(line.size());
        const std::size_t tab = line.find('\t') + 1;
        const auto owner = number<std::size_t>(line.substr(tab, line.find('\t', tab) - tab));
        if (owner && live.contains(*owner)) symbols.push_back(line);
    }
    // Compared without the newline: a line that is the beginning of another one comes first, as the search expects.
    const auto bare = [](std::string_view line) { return line.substr(0, line.size() - 1); };
    std::sort(symbols.begin(), symbols.end(), [&](auto a, auto b) { return bare(a) < bare(b); });
    std::size_t symbol_bytes = 0;
    for (const std::string_view line : symbols) symbol_bytes += line.size();

    std::string out = std::string(first_line) + std::to_string(layer_index_version) + "\n" + diff_id.to_string() +
                      "\n" + (deletes_ ? "deletes" : "adds") + "\n";
    for (const std::size_t size : {files.size(), elfs.size(), texts.size(), symbol_bytes})
        out += std::to_string(size) + "\n";
    out.reserve(out.size() + files.size() + elfs.size() + texts.size() + symbol_bytes);
    out += files + elfs + texts;
    for (const std::string_view line : symbols) out += line;
    return out;
}

// --- reading ---------------------------------------------------------------------------------------------------------

Result<LayerIndex> LayerIndex::open(Bytes bytes) {
    std::string_view left(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    const auto bad = [] { return build_error("it is not an index of a layer, or of another version"); };
    const auto line = [&left] {
        const std::string_view text = left.substr(0, left.find('\n'));
        left.remove_prefix(std::min(text.size() + 1, left.size()));
        return text;
    };
    if (line() != std::string(first_line) + std::to_string(layer_index_version)) return bad();
    LayerIndex index;
    const auto diff_id = Digest::parse(line());
    if (!diff_id) return bad();
    index.diff_id_ = *diff_id;
    const std::string_view kind = line();
    if (kind != "adds" && kind != "deletes") return bad();
    index.deletes_ = kind == "deletes";
    std::uint64_t sizes[4] = {};
    for (std::uint64_t& size : sizes) {
        const auto value = number<std::uint64_t>(line());
        if (!value || *value > bytes.size()) return bad();
        size = *value;
    }
    if (sizes[0] + sizes[1] + sizes[2] + sizes[3] != left.size()) return bad();
    index.files_ = left.substr(0, sizes[0]);
    const std::string_view elfs = left.substr(sizes[0], sizes[1]);
    index.texts_ = left.substr(sizes[0] + sizes[1], sizes[2]);
    index.symbols_ = left.substr(sizes[0] + sizes[1] + sizes[2]);
    for (std::size_t at = 0; at < elfs.size(); at += line_at(elfs, at).size() + 1) {
        auto elf = parse_elf(line_at(elfs, at));
        if (!elf) return bad();
        index.by_number_[elf->number] = index.elfs_.size();
        index.by_path_[elf->elf.path] = index.elfs_.size();
        index.elfs_.push_back(std::move(elf->elf));
    }
    return index;
}

std::optional<IndexedFile> LayerIndex::find(std::string_view path) const {
    std::optional<IndexedFile> found;
    each_with(files_, escape(path) + "\t", [&](std::string_view rest) {
        const auto file = parse_file(rest);
        if (file && file->type != IndexedFile::Type::opaque) found = file;
        return !found;
    });
    return found;
}

bool LayerIndex::is_opaque(std::string_view folder) const {
    return deletes_ && any_with(files_, escape(folder) + "\to\t");
}

std::vector<std::pair<std::string, IndexedFile>> LayerIndex::children(std::string_view folder) const {
    const std::string prefix = folder.empty() ? std::string() : escape(folder) + "/";
    std::map<std::string, IndexedFile> out;
    for (std::size_t at = lower_bound(files_, prefix); at < files_.size();) {
        const std::string_view line = line_at(files_, at);
        if (!line.starts_with(prefix)) break;
        const std::string_view path = line.substr(prefix.size(), line.find('\t') - prefix.size());
        const std::size_t slash = path.find('/');
        const std::string_view name = path.substr(0, slash);
        if (slash == std::string_view::npos) {
            const auto file = parse_file(line.substr(std::min(prefix.size() + path.size() + 1, line.size())));
            if (file && file->type != IndexedFile::Type::opaque) out.insert_or_assign(unescape(name), *file);
            at += line.size() + 1;
        } else {
            // A folder with content: the search goes on after all of it. '0' is the byte after '/'.
            out.try_emplace(unescape(name), IndexedFile{IndexedFile::Type::directory, 0755, 0, {}});
            at = std::max(at + line.size() + 1, lower_bound(files_, prefix + std::string(name) + "0"));
        }
    }
    return {out.begin(), out.end()};
}

bool LayerIndex::has_below(std::string_view folder) const { return any_with(files_, escape(folder) + "/"); }

std::vector<std::string> LayerIndex::folders_not_listed() const {
    std::unordered_set<std::string_view> listed, used;
    each_line(files_, [&](std::string_view line) {
        const std::string_view path = line.substr(0, line.find('\t'));
        const std::string_view type = line.substr(std::min(path.size() + 1, line.size()), 1);
        if (type == "d") listed.insert(path);
        if (type == "o" && !path.empty()) used.insert(path);
        for (std::size_t end = path.rfind('/'); end != std::string_view::npos && end != 0;
             end = path.rfind('/', end - 1))
            if (!used.insert(path.substr(0, end)).second) break;
    });
    std::set<std::string> out;
    for (const std::string_view path : used)
        if (!listed.contains(path)) out.insert(unescape(path));
    return {out.begin(), out.end()};
}

std::vector<std::string> LayerIndex::paths_of(IndexedFile::Type type) const {
    std::vector<std::string> out;
    each_line(files_, [&](std::string_view line) {
        const std::size_t tab = line.find('\t');
        if (line.substr(std::min(tab, line.size())).substr(0, 2) == std::string{'\t', static_cast<char>(type)})
            out.push_back(unescape(line.substr(0, tab)));
    });
    return out;
}

std::optional<std::string> LayerIndex::text(std::string_view path) const {
    std::optional<std::string> found;
    each_with(texts_, escape(path) + "\t", [&](std::string_view rest) {
        found = unescape(rest);
        return false;
    });
    return found;
}

std::vector<std::string> LayerIndex::text_paths() const {
    std::vector<std::string> out;
    each_line(texts_, [&](std::string_view line) { out.push_back(unescape(line.substr(0, line.find('\t')))); });
    return out;
}

std::optional<std::size_t> LayerIndex::elf_at(std::string_view path) const {
    std::string wanted(path);
    if (const auto file = find(path); file && file->type == IndexedFile::Type::hardlink) wanted = file->link;
    const auto found = by_path_.find(wanted);
    return found == by_path_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<LayerIndex::Export> LayerIndex::exports(std::string_view name) const {
    std::vector<Export> out;
    each_with(symbols_, escape(name) + "\t", [&](std::string_view rest) {
        const auto fields = fields_of(rest);
        const auto owner = fields.size() == 3 ? number<std::size_t>(fields[0]) : std::nullopt;
        const auto place = owner ? by_number_.find(*owner) : by_number_.end();
        if (place != by_number_.end()) out.push_back({place->second, unescape(fields[1]), fields[2] == "1"});
        return true;
    });
    return out;
}

}  // namespace tmplbuild::kernel
