// SPDX-License-Identifier: Apache-2.0
// The dynamic part of the ELF reader: what a library needs and what it provides. Tables are found by the type of their
// section, since its name may be anything.
#include <algorithm>
#include <map>

#include "base/text.hpp"
#include "kernel/byte_view.hpp"
#include "kernel/elf.hpp"

namespace tmplbuild::kernel {

namespace {

// Section types and dynamic tags: gABI ("Sections", "Dynamic Section"); the GNU ones: LSB Core ("Symbol Versioning").
constexpr std::uint32_t type_dynamic = 6;
constexpr std::uint32_t type_dynsym = 11;
constexpr std::uint32_t type_verdef = 0x6ffffffd;
constexpr std::uint32_t type_verneed = 0x6ffffffe;
constexpr std::uint32_t type_versym = 0x6fffffff;
constexpr std::uint64_t tag_needed = 1, tag_soname = 14, tag_rpath = 15, tag_runpath = 29;

constexpr std::size_t symbol_bytes = 24, dynamic_bytes = 16, version_records = 16, version_definitions = 20;
constexpr std::uint16_t version_index_mask = 0x7fff, version_hidden = 0x8000;
constexpr std::size_t most_versions = version_index_mask;  // an index has 15 bits

Error broken(const char* what) { return build_error(std::string("its ") + what + " cannot be read"); }

const ElfSection* find_type(const std::vector<ElfSection>& sections, std::uint32_t type) {
    const auto found = std::find_if(sections.begin(), sections.end(), [&](const auto& s) { return s.type == type; });
    return found == sections.end() ? nullptr : &*found;
}

// The string table that a section names in its link field; empty when it names none.
Bytes linked_texts(const std::vector<ElfSection>& sections, const ElfSection& section) {
    return section.link < sections.size() ? sections[section.link].bytes : Bytes();
}

struct NamedVersion {
    std::string name;
    std::string library;  // only for a wanted version
    bool weak = false;
};
using VersionsByIndex = std::map<std::uint16_t, NamedVersion>;

// .gnu.version_r: the needed files, each with the versions that are wanted from it.
Result<void> read_wanted(const std::vector<ElfSection>& sections, VersionsByIndex& versions) {
    const ElfSection* section = find_type(sections, type_verneed);
    if (section == nullptr) return {};
    const Bytes bytes = section->bytes;
    const Bytes texts = linked_texts(sections, *section);
    std::size_t seen = 0;
    for (std::uint64_t at = 0; !bytes.empty();) {
        if (!fits(bytes, at, version_records)) return broken("table of wanted versions");
        const auto library = text_at(texts, load<std::uint32_t>(bytes, at + 4));
        std::uint64_t aux = at + load<std::uint32_t>(bytes, at + 8);
        for (std::uint16_t left = load<std::uint16_t>(bytes, at + 2); left != 0; --left) {
            if (!library || !fits(bytes, aux, version_records) || ++seen > most_versions)
                return broken("table of wanted versions");
            const auto name = text_at(texts, load<std::uint32_t>(bytes, aux + 8));
            if (!name || name->size() > 4096 || library->size() > 4096) return broken("table of wanted versions");
            const bool weak = (load<std::uint16_t>(bytes, aux + 4) & 2) != 0;
            const auto index = static_cast<std::uint16_t>(load<std::uint16_t>(bytes, aux + 6) & version_index_mask);
            versions[index] = {std::string(*name), std::string(*library), weak};
            const auto next = load<std::uint32_t>(bytes, aux + 12);
            if (next == 0) break;
            aux += next;
        }
        const auto next = load<std::uint32_t>(bytes, at + 12);
        if (next == 0) break;
        if (++seen > most_versions) return broken("table of wanted versions");
        at += next;
    }
    return {};
}

// .gnu.version_d: the versions that this file defines. The base version (the file's own name) belongs to no symbol.
Result<void> read_defined(const std::vector<ElfSection>& sections, VersionsByIndex& versions,
                          std::vector<std::string>& defined) {
    const ElfSection* section = find_type(sections, type_verdef);
    if (section == nullptr) return {};
    const Bytes bytes = section->bytes;
    const Bytes texts = linked_texts(sections, *section);
    std::size_t seen = 0;
    for (std::uint64_t at = 0; !bytes.empty();) {
        if (!fits(bytes, at, version_definitions) || ++seen > most_versions) return broken("table of defined versions");
        const bool base = (load<std::uint16_t>(bytes, at + 2) & 1) != 0;
        const auto index = static_cast<std::uint16_t>(load<std::uint16_t>(bytes, at + 4) & version_index_mask);
        const std::uint64_t aux = at + load<std::uint32_t>(bytes, at + 12);
        if (!fits(bytes, aux, 8)) return broken("table of defined versions");
        const auto name = text_at(texts, load<std::uint32_t>(bytes, aux));
        if (!name || name->size() > 4096) return broken("table of defined versions");
        if (!base) versions[index] = {std::string(*name), "", false};
        if (!base) defined.emplace_back(*name);
        const auto next = load<std::uint32_t>(bytes, at + 16);
        if (next == 0) break;
        at += next;
    }
    return {};
}

// Fills the lists of symbols. `versions` maps the number that .gnu.version has for a symbol to a name.
Result<void> read_symbols(const std::vector<ElfSection>& sections, const VersionsByIndex& versions, ElfInfo& info) {
    const ElfSection* table = find_type(sections, type_dynsym);
    if (table == nullptr) return {};
    const Bytes bytes = table->bytes;
    const Bytes texts = linked_texts(sections, *table);
    const ElfSection* numbers = find_type(sections, type_versym);
    const std::size_t count = bytes.size() / symbol_bytes;
    if (numbers != nullptr && numbers->bytes.size() / 2 < count) return broken("table of symbol versions");
    NameBudget budget(texts.size());
    for (std::size_t i = 1; i < count; ++i) {
        const std::uint64_t at = i * symbol_bytes;
        const auto name = text_at(texts, load<std::uint32_t>(bytes, at));
        if (!name || !budget.take(name->size())) return broken("table of symbol names");
        const auto binding = load<std::uint8_t>(bytes, at + 4) >> 4;    // 1 global, 2 weak, 10 unique
        const auto visibility = load<std::uint8_t>(bytes, at + 5) & 3;  // 0 default, 3 protected
        if (name->empty() || (binding != 1 && binding != 2 && binding != 10)) continue;

        const std::uint16_t number = numbers == nullptr ? 1 : load<std::uint16_t>(numbers->bytes, 2 * i);
        const auto index = static_cast<std::uint16_t>(number & version_index_mask);
        Symbol symbol{std::string(*name), "", "", binding == 2, (number & version_hidden) == 0};
        // Index 0 means a local symbol, index 1 a symbol without a version.
        if (index > 1) {
            const auto found = versions.find(index);
            if (found == versions.end()) return broken("table of symbol versions");
            symbol.version = found->second.name;
            symbol.library = found->second.library;
        }
        const auto place = load<std::uint16_t>(bytes, at + 6);  // 0: undefined; 0xfff1: a number, not an address
        // Linkers add a symbol of this name for each version.
        if (place == 0xfff1 && symbol.name == symbol.version) continue;
        if (place == 0) {
            symbol.is_default = true;
            info.undefined.push_back(std::move(symbol));
        } else if (index != 0 && (visibility == 0 || visibility == 3)) {
            symbol.library.clear();
            symbol.weak = false;
            info.defined.push_back(std::move(symbol));
        }
    }
    return {};
}

Result<void> read_dynamic(const std::vector<ElfSection>& sections, ElfInfo& info) {
    const ElfSection* table = find_type(sections, type_dynamic);
    if (table == nullptr) return {};
    const Bytes bytes = table->bytes;
    const Bytes texts = linked_texts(sections, *table);
    NameBudget budget(texts.size());
    std::optional<std::string> runpath, rpath;
    for (std::uint64_t at = 0; fits(bytes, at, dynamic_bytes); at += dynamic_bytes) {
        const auto tag = load<std::uint64_t>(bytes, at);
        if (tag == 0) break;
        if (tag != tag_needed && tag != tag_soname && tag != tag_rpath && tag != tag_runpath) continue;
        const auto text = text_at(texts, load<std::uint64_t>(bytes, at + 8));
        if (!text || !budget.take(text->size())) return broken("dynamic section");
        if (tag == tag_needed) info.needed.emplace_back(*text);
        if (tag == tag_soname) info.soname = *text;
        if (tag == tag_rpath) rpath = *text;
        if (tag == tag_runpath) runpath = *text;
    }
    // The dynamic linker ignores DT_RPATH beside DT_RUNPATH, and ignores either one when it is empty.
    info.is_rpath = !runpath && !rpath.value_or("").empty();
    const std::string used = runpath ? *runpath : rpath.value_or("");
    if (!used.empty()) info.runpath = split(used, ':');
    return {};
}

// The highest `prefix`x.y.z among the wanted versions. Names like GLIBC_PRIVATE are no versions.
std::optional<Version> highest(const VersionsByIndex& versions, std::string_view prefix) {
    std::optional<Version> floor;
    for (const auto& [index, wanted] : versions) {
        if (wanted.weak || wanted.library.empty()) continue;
        // Packed relative relocations need a loader that knows them; glibc's does from 2.36 on (its NEWS file).
        const bool packed = prefix == "GLIBC_" && wanted.name == "GLIBC_ABI_DT_RELR";
        if (!packed && !wanted.name.starts_with(prefix)) continue;
        const auto version = packed ? Version{2, 36, 0} : Version::parse(wanted.name.substr(prefix.size()));
        if (version && (!floor || *floor < *version)) floor = *version;
    }
    return floor;
}

}  // namespace

std::vector<std::string> ElfInfo::foreign_runpaths() const {
    std::vector<std::string> foreign;
    for (const std::string& entry : runpath) {
        const auto under = [&](std::string_view origin) {
            return entry.starts_with(origin) && (entry.size() == origin.size() || entry[origin.size()] == '/');
        };
        if (!under("$ORIGIN") && !under("${ORIGIN}")) foreign.push_back(entry);
    }
    return foreign;
}

Result<ElfInfo> read_elf(Bytes file) {
    const auto header = read_elf_header(file);
    if (!header) return header.error();
    const auto sections = read_sections(file);
    if (!sections) return sections.error();
    if (sections->empty()) return build_error("it has no section table, so its symbols cannot be found");
    ElfInfo info;
    info.header = *header;
    VersionsByIndex versions;
    if (auto read = read_wanted(*sections, versions); !read) return read.error();
    if (auto read = read_defined(*sections, versions, info.versions); !read) return read.error();
    if (auto read = read_symbols(*sections, versions, info); !read) return read.error();
    if (auto read = read_dynamic(*sections, info); !read) return read.error();
    info.glibc_floor = highest(versions, "GLIBC_");
    info.glibcxx_floor = highest(versions, "GLIBCXX_");
    info.cxxabi_floor = highest(versions, "CXXABI_");
    return info;
}

}  // namespace tmplbuild::kernel
