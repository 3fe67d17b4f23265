// SPDX-License-Identifier: Apache-2.0
#include "engine/python/wheel.hpp"

#include <algorithm>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "base/grammar.hpp"
#include "base/named_hash.hpp"
#include "base/text.hpp"
#include "base/utf8.hpp"
#include "engine/python/metadata.hpp"
#include "engine/python/record.hpp"

namespace tmplbuild {

namespace {

constexpr std::uint64_t max_text = 64 << 20;    // bytes of METADATA, RECORD and the like; the largest seen has 3 MB
constexpr std::uint64_t max_script = 16 << 20;  // bytes of a script whose first line is rewritten

// Why a member's name cannot become a path; empty where it can. Names are used unchanged, so a wrong one is refused.
std::string fault_of(const std::string& name) {
    if (name.front() == '/') return "is absolute";
    if (name.size() > 4000) return "is too long";
    for (const char c : name) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return "holds a control character";
        if (c == '\\') return "holds a backslash";
    }
    for (const std::string& part : split(name, '/')) {
        if (part.empty() || part == "." || part == "..") return "has a part that is empty, '.' or '..'";
        if (part.size() > 255) return "has a part that is too long";
    }
    // RECORD is UTF-8 (RFC 3629), so a name that is not UTF-8 cannot be listed.
    if (!is_utf8(name)) return "is not UTF-8";
    return {};
}

// Files that the installer writes itself, and signatures of the RECORD that it replaces.
bool is_installers_own(std::string_view name) {
    for (const char* own : {"RECORD", "RECORD.jws", "RECORD.p7s", "INSTALLER", "REQUESTED", "direct_url.json"})
        if (name == own) return true;
    return false;
}

class WheelReading {
  public:
    WheelReading(const io::ZipReader& zip, const LockedDistribution& locked, const VenvPlace& place,
                 BadRecord bad_record)
        : zip_(zip), locked_(locked), place_(place), replaces_record_(bad_record == BadRecord::replaced) {}

    Result<Wheel> run() {
        wheel_.file = locked_.file;
        auto members = zip_.members();
        if (!members) return members.error();
        members_ = std::move(*members);
        using Stage = Result<void> (WheelReading::*)();
        for (const Stage stage : {&WheelReading::check_names, &WheelReading::find_dist_info, &WheelReading::read_about,
                                  &WheelReading::read_recorded, &WheelReading::check_recorded,
                                  &WheelReading::add_entry_points, &WheelReading::add_members})
            if (auto done = (this->*stage)(); !done) return done.error();
        const std::string info = place_.site_packages() + "/" + wheel_.dist_info + "/";
        add_text(info + "INSTALLER", "tmplbuild\n", false);
        return std::move(wheel_);
    }

  private:
    Result<void> check_names() {
        for (const io::ZipMember& member : members_) {
            std::string name = member.name;
            if (member.is_folder()) name.pop_back();
            const std::string fault = name.empty() ? "is empty" : fault_of(name);
            if (!fault.empty()) return build_error("the member '" + member.name + "' of the wheel " + fault);
            if (!member.is_folder() && !member.is_plain())
                return build_error("the member '" + member.name + "' of the wheel is a link or a special file",
                                   "wheels hold plain files only");
            by_name_.emplace(member.name, &member);
        }
        return {};
    }

    Result<void> find_dist_info() {
        constexpr std::string_view ending = ".dist-info";
        std::set<std::string> found;
        for (const io::ZipMember& member : members_) {
            const std::string top = member.name.substr(0, member.name.find('/'));
            if (top.size() != member.name.size() && top.ends_with(ending)) found.insert(top);
        }
        if (found.size() != 1)
            return build_error("it is not a wheel: it has " + std::to_string(found.size()) +
                               " folders named *.dist-info instead of one");
        wheel_.dist_info = *found.begin();
        return {};
    }

    Result<std::string> text_of(const std::string& name) {
        auto found = by_name_.find(wheel_.dist_info + "/" + name);
        if (found == by_name_.end()) return build_error("it is not a wheel: it has no " + name);
        return zip_.read_text(*found->second, max_text);
    }

    Result<void> read_about() {
        auto metadata = text_of("METADATA");
        if (!metadata) return metadata.error();
        wheel_.name = find_header(*metadata, "Name").value_or("");
        wheel_.version = find_header(*metadata, "Version").value_or("");
        if (normalized_project(wheel_.name) != normalized_project(locked_.name))
            return build_error("it holds the distribution '" + wheel_.name + "', not '" + locked_.name + "'");
        for (const std::string* text : {&wheel_.name, &wheel_.version})
            if (text->empty() || text->find_first_of("/\\ ") != std::string::npos || text->front() == '.')
                return build_error("its METADATA has no usable name and version");
        auto about = text_of("WHEEL");
        if (!about) return about.error();
        wheel_.mtime = std::max(by_name_.at(wheel_.dist_info + "/WHEEL")->mtime, default_mtime);
        const std::string format = find_header(*about, "Wheel-Version").value_or("");
        if (!format.starts_with("1."))  // PEP 427: a higher major version must be refused
            return build_error("it is of the wheel format '" + format + "'; known is 1.0");
        return {};
    }

    Result<void> read_recorded() {
        if (replaces_record_) return {};
        auto text = text_of("RECORD");
        if (!text) return text.error();
        auto rows = parse_record(*text);
        if (!rows) return rows.error();
        for (RecordRow& row : *rows) {
            auto [found, fresh] = recorded_.try_emplace(std::move(row.path), row.hash);
            if (!fresh && found->second != row.hash)
                return build_error("its RECORD lists '" + found->first + "' twice, with two hashes");
        }
        return {};
    }

    // Compares the members with RECORD before any of them is read: everything that RECORD lacks becomes one error.
    Result<void> check_recorded() {
        if (replaces_record_) return {};
        std::vector<std::string> lacking;
        std::size_t files = 0;
        for (const io::ZipMember& member : members_) {
            if (is_left_to_us(member)) continue;
            ++files;
            auto row = recorded_.find(member.name);
            if (row == recorded_.end() || row->second.empty())
                lacking.push_back(member.name);
            else if (auto hash = NamedHash::make_for(row->second); !hash)
                return hash.error();
        }
        if (lacking.empty()) return {};
        const bool absolute =
            std::any_of(recorded_.begin(), recorded_.end(), [](const auto& row) { return row.first.starts_with('/'); });
        std::string what = "its RECORD has no hash of the file '" + lacking.front() + "'";
        if (lacking.size() > 1) what += " and of " + std::to_string(lacking.size() - 1) + " more";
        what += ", of " + std::to_string(files) + " files";
        if (absolute) what += ", since it lists absolute paths";
        return build_error(what, bad_record_hint());
    }

    std::string bad_record_hint() const {
        return "whoever made the wheel left RECORD wrong, or changed files later; to take them as they are, say "
               "allow_bad_record = [\"" +
               locked_.name + "\"]";
    }

    bool is_left_to_us(const io::ZipMember& member) const {
        return member.is_folder() || (member.name.starts_with(wheel_.dist_info + "/") &&
                                      is_installers_own(member.name.substr(wheel_.dist_info.size() + 1)));
    }

    // The member's hash for the venv's RECORD.
    Result<std::string> hash_of(const io::ZipMember& member) const {
        if (!replaces_record_) return recorded_.at(member.name);
        auto hash = NamedHash::make_for("sha256=");
        if (!hash) return hash.error();
        auto read = zip_.read(member, [&](std::span<const std::byte> data) -> Result<void> {
            hash->update(data);
            return {};
        });
        if (!read) return read.error();
        return hash->finish();
    }

    Result<void> add_entry_points() {
        if (!by_name_.contains(wheel_.dist_info + "/entry_points.txt")) return {};
        auto text = text_of("entry_points.txt");
        if (!text) return text.error();
        auto entries = parse_entry_points(*text);
        if (!entries) return entries.error();
        for (const EntryPoint& entry : *entries) {
            const std::string imported = entry.function.substr(0, entry.function.find('.'));
            wheel_.commands.push_back(entry.name);
            // The guard is needed since multiprocessing imports the main script again in each child.
            add_text("bin/" + entry.name,
                     place_.script_head() + "import sys\n\nfrom " + entry.module + " import " + imported +
                         "\n\nif __name__ == \"__main__\":\n    sys.exit(" + entry.function + "())\n",
                     true);
        }
        return {};
    }

    Result<void> add_members() {
        for (const io::ZipMember& member : members_) {
            if (is_left_to_us(member)) continue;
            auto hash = hash_of(member);
            if (!hash) return hash.error();
            WheelFile file;
            file.hash = std::move(*hash);
            file.index = member.index;
            file.size = member.size;
            file.mtime = std::max(member.mtime, default_mtime);
            file.executable = member.is_executable();
            if (auto added = place(member, std::move(file)); !added) return added;
        }
        return {};
    }

    // "{name}-{version}.data/<scheme>/…" goes where the scheme says, everything else below site-packages.
    Result<void> place(const io::ZipMember& member, WheelFile file) {
        const std::size_t top = member.name.find('/');
        if (top == std::string::npos || !member.name.substr(0, top).ends_with(".data")) {
            file.path = place_.site_packages() + "/" + member.name;
            wheel_.files.push_back(std::move(file));
            return {};
        }
        const std::size_t second = member.name.find('/', top + 1);
        const std::string scheme = member.name.substr(top + 1, second - top - 1);
        if (second == std::string::npos)
            return build_error("the file '" + member.name + "' lies in no scheme's folder");
        const std::string rest = member.name.substr(second + 1);
        if (scheme == "scripts") return script(member, std::move(file), rest);
        if (scheme == "purelib" || scheme == "platlib") {
            file.path = place_.site_packages() + "/" + rest;
        } else if (scheme == "headers") {
            file.path = place_.headers(wheel_.name) + "/" + rest;
        } else if (scheme == "data") {
            file.path = rest.starts_with("lib64/") ? "lib/" + rest.substr(6) : rest;  // lib64 is a link to lib
        } else {
            return build_error("the file '" + member.name + "' is meant for the unknown scheme '" + scheme + "'");
        }
        wheel_.files.push_back(std::move(file));
        return {};
    }

    Result<void> script(const io::ZipMember& member, WheelFile file, const std::string& name) {
        // An entry point of the same name is the newer form of the same script.
        if (std::binary_search(wheel_.commands.begin(), wheel_.commands.end(), name)) return {};
        file.path = "bin/" + name;
        file.executable = true;
        constexpr std::string_view mark = "#!python";
        std::string start;
        // This stops with an error of our own; an error of the archive comes again when the whole file is read.
        (void)zip_.read(member, [&](std::span<const std::byte> data) -> Result<void> {
            start.append(reinterpret_cast<const char*>(data.data()), std::min(data.size(), mark.size()));
            return build_error("seen enough");
        });
        if (start != mark) {
            wheel_.files.push_back(std::move(file));
            return {};
        }
        auto text = zip_.read_text(member, max_script);
        if (!text) return text.error();
        auto hash = NamedHash::make_for(file.hash).value();
        hash.update(std::as_bytes(std::span(*text)));
        if (hash.finish() != file.hash) return wrong_hash(member.name);
        const std::size_t end = text->find('\n');
        add_text(file.path, place_.script_head() + (end == std::string::npos ? "" : text->substr(end + 1)), true);
        return {};
    }

    Error wrong_hash(const std::string& name) const {
        return build_error("the file '" + name + "' does not have the hash that its RECORD gives", bad_record_hint());
    }

    void add_text(const std::string& path, std::string text, bool executable) {
        WheelFile file;
        file.path = path;
        file.hash = NamedHash::sha256(text);
        file.size = text.size();
        file.mtime = wheel_.mtime;
        file.executable = executable;
        file.text = std::move(text);
        wheel_.files.push_back(std::move(file));
    }

    const io::ZipReader& zip_;
    const LockedDistribution& locked_;
    const VenvPlace& place_;
    const bool replaces_record_;
    std::vector<io::ZipMember> members_;
    std::unordered_map<std::string_view, const io::ZipMember*> by_name_;
    std::unordered_map<std::string, std::string> recorded_;
    Wheel wheel_;
};

}  // namespace

Result<Wheel> read_wheel(const std::filesystem::path& archive, const LockedDistribution& locked, const VenvPlace& place,
                         BadRecord bad_record) {
    auto explained = [&](const Error& error) { return Error(error).while_doing("reading the wheel " + locked.file); };
    auto zip = io::ZipReader::open(archive);
    if (!zip) return explained(zip.error());
    auto wheel = WheelReading(*zip, locked, place, bad_record).run();
    if (!wheel) return explained(wheel.error());
    wheel->archive = archive;
    wheel->digest = locked.sha256;
    wheel->bad_record = bad_record;
    return wheel;
}

Result<void> read_wheel_file(const Wheel& wheel, const WheelFile& file, const io::ZipReader& zip,
                             const io::ZipReader::Sink& sink) {
    if (file.text) return sink(std::as_bytes(std::span(*file.text)));
    auto hash = NamedHash::make_for(file.hash);
    if (!hash) return hash.error();
    auto read = zip.read(file.index, file.size, [&](std::span<const std::byte> data) {
        hash->update(data);
        return sink(data);
    });
    if (!read) return read;
    if (hash->finish() == file.hash) return {};
    return build_error(
        "the file '" + file.path + "' of " + wheel.title() + " does not have the hash that its RECORD gives",
        "the wheel " + wheel.file +
            " is damaged or was changed after it was built; to take its files as they are, say "
            "allow_bad_record = [\"" +
            wheel.name + "\"]");
}

// A path in RECORD's form: relative to site-packages, so that files elsewhere in the venv begin with "../../../".
static std::string recorded_path(const std::string& path, const VenvPlace& place) {
    const std::string folder = place.site_packages() + "/";
    if (path.starts_with(folder)) return path.substr(folder.size());
    const std::string library = place.library() + "/";
    if (path.starts_with(library)) return "../" + path.substr(library.size());
    return path.starts_with("lib/") ? "../../" + path.substr(4) : "../../../" + path;
}

std::string record_of(const Wheel& wheel, const std::vector<InstalledFile>& extra, const VenvPlace& place) {
    std::vector<RecordRow> rows;
    rows.reserve(wheel.files.size() + extra.size() + 1);
    std::unordered_set<std::string_view> replaced;  // bytecode in the wheel that is replaced by ours
    for (const InstalledFile& file : extra) replaced.insert(file.path);
    for (const WheelFile& file : wheel.files)
        if (!replaced.contains(file.path))
            rows.push_back({recorded_path(file.path, place), file.hash, std::to_string(file.size)});
    for (const InstalledFile& file : extra)
        rows.push_back({recorded_path(file.path, place), file.hash, std::to_string(file.size)});
    rows.push_back({wheel.dist_info + "/RECORD", "", ""});
    return write_record(std::move(rows));
}

}  // namespace tmplbuild
