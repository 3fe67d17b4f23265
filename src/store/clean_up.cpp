// SPDX-License-Identifier: Apache-2.0
#include "store/clean_up.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <set>

#include "store/record_json.hpp"
#include "sys/file.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

namespace {

fs::path record_file(const Store& store, const Digest& key) { return store.root() / "records" / (key.hex() + ".json"); }

FileTime seconds_of(const timespec& time) { return FileTime(std::chrono::seconds(time.tv_sec)); }

std::uint64_t size_of_tree(const fs::path& tree) {
    std::uint64_t out = 0;
    std::error_code failed;
    for (fs::recursive_directory_iterator at(tree, failed), end; !failed && at != end; at.increment(failed)) {
        struct stat facts {};
        if (::lstat(at->path().c_str(), &facts) == 0) out += static_cast<std::uint64_t>(facts.st_blocks) * 512;
    }
    return out;
}

// A blob with who needs it: steps by their layers. One that no step needs is a package, a wheel or a document.
struct BlobFacts {
    std::uint64_t size = 0;
    FileTime used{};
    std::size_t steps = 0;
};
struct TreeFacts {
    std::uint64_t size = 0;
    FileTime made{};
    std::size_t steps = 0;
};
struct StepFacts {
    StoredStep step;
    std::set<Digest> layers{};
    std::set<std::string> trees{};  // by name
};

// What is fetched again when it is needed, at a price: a copy of a git repository, the beginning of a layer.
struct OtherFacts {
    std::uint64_t size = 0;
    FileTime used{};
};

class Cleaner {
  public:
    Cleaner(const Store& store, bool is_dry) : store_(store), is_dry_(is_dry) {}

    Result<CleanUp> run(const CleanUpRules& rules, FileTime now) {
        read_blobs();
        read_trees();
        read_steps();
        read_others();
        if (rules.keep) drop_unused_since(now - *rules.keep);
        if (rules.max_size) drop_until(*rules.max_size);
        out_.left = total();
        if (!is_dry_)
            if (auto removed = remove(); !removed) return removed.error();
        return std::move(out_);
    }

  private:
    void read_blobs() {
        std::error_code failed;
        for (const auto& entry : fs::directory_iterator(store_.root() / "blobs" / "sha256", failed)) {
            const auto digest = Digest::parse_hex(entry.path().filename().string());
            struct stat facts {};
            if (!digest || ::lstat(entry.path().c_str(), &facts) != 0) continue;
            // Reading sets the time of access at most once a day (mount(8), relatime): good enough for days.
            blobs_[*digest] = {static_cast<std::uint64_t>(facts.st_size),
                               std::max(seconds_of(facts.st_atim), seconds_of(facts.st_mtim)), 0};
        }
    }
    // A tree's name begins with the diff ID of its layer; a lock or a digest beside it has a suffix.
    void read_trees() {
        std::error_code failed;
        for (const auto& entry : fs::directory_iterator(store_.root() / "trees", failed))
            if (struct stat facts{}; entry.is_directory(failed)) {
                const bool is_kept = ::lstat((entry.path().string() + ".digest").c_str(), &facts) == 0;
                trees_[entry.path().filename().string()] = {size_of_tree(entry.path()),
                                                            is_kept ? seconds_of(facts.st_mtim) : FileTime(), 0};
            }
    }
    void read_steps() {
        for (StoredStep& step : stored_steps(store_)) {
            StepFacts facts{std::move(step)};
            const auto record = read(facts.step.key);
            if (!record) continue;
            for (const BuiltLayer& layer : record->layers) {
                facts.layers.insert(layer.digest);
                for (auto at = trees_.lower_bound(layer.diff_id.hex());
                     at != trees_.end() && at->first.starts_with(layer.diff_id.hex()); ++at)
                    facts.trees.insert(at->first);
            }
            for (const Digest& layer : facts.layers)
                if (const auto at = blobs_.find(layer); at != blobs_.end()) ++at->second.steps;
            for (const std::string& tree : facts.trees) ++trees_.at(tree).steps;
            steps_.push_back(std::move(facts));
        }
    }
    void read_others() {
        std::error_code failed;
        for (const char* place : {"git", "pulls"})
            for (const auto& entry : fs::directory_iterator(store_.root() / place, failed)) {
                if (entry.path().extension() == ".lock") continue;
                OtherFacts facts{size_of_tree(entry.path()), FileTime()};
                // Fetching writes the first; the folder itself changes with what is new in it.
                for (const fs::path& file : {entry.path() / "FETCH_HEAD", entry.path()}) {
                    struct stat status {};
                    if (::lstat(file.c_str(), &status) != 0) continue;
                    facts.used = std::max(facts.used, seconds_of(status.st_mtim));
                    if (S_ISREG(status.st_mode) && file == entry.path())
                        facts.size = static_cast<std::uint64_t>(status.st_blocks) * 512;
                }
                others_[entry.path()] = facts;
            }
    }
    std::optional<Record> read(const Digest& key) const {
        const auto text = sys::read_file(record_file(store_, key));
        const auto document = text ? json::parse(*text, "record") : Result<json::value>(text.error());
        if (!document || !document->is_object()) return std::nullopt;
        auto record = parse_record(document->get_object());
        return record ? std::optional(std::move(*record)) : std::nullopt;
    }

    std::uint64_t total() const {
        std::uint64_t out = 0;
        for (const auto& [digest, blob] : blobs_) out += blob.size;
        for (const auto& [name, tree] : trees_) out += tree.size;
        for (const auto& [path, other] : others_) out += other.size;
        return out;
    }

    void drop_blob(const Digest& digest) {
        out_.bytes += blobs_.at(digest).size;
        ++out_.blobs;
        gone_blobs_.push_back(digest);
        blobs_.erase(digest);
    }
    void drop_tree(const std::string& name) {
        out_.bytes += trees_.at(name).size;
        ++out_.trees;
        gone_trees_.push_back(name);
        trees_.erase(name);
    }
    void drop_step(const StepFacts& facts) {
        for (const Digest& layer : facts.layers)
            if (const auto at = blobs_.find(layer); at != blobs_.end() && --at->second.steps == 0) drop_blob(layer);
        for (const std::string& tree : facts.trees)
            if (const auto at = trees_.find(tree); at != trees_.end() && --at->second.steps == 0) drop_tree(tree);
        out_.steps.push_back(facts.step);
    }

    // Trees of no step's layer (of compilers, for one): they are unpacked again when they are needed.
    void drop_other_trees(FileTime made_before) {
        std::vector<std::string> names;
        for (const auto& [name, tree] : trees_)
            if (tree.steps == 0 && tree.made < made_before) names.push_back(name);
        for (const std::string& name : names) drop_tree(name);
    }
    void drop_others(FileTime used_before) {
        for (auto at = others_.begin(); at != others_.end();) {
            if (at->second.used >= used_before) {
                ++at;
                continue;
            }
            out_.bytes += at->second.size;
            ++out_.others;
            gone_others_.push_back(at->first);
            at = others_.erase(at);
        }
    }
    void drop_unused_since(FileTime limit) {
        for (const StepFacts& facts : steps_)
            if (facts.step.used < limit) drop_step(facts);
        std::erase_if(steps_, [&](const StepFacts& facts) { return facts.step.used < limit; });
        std::vector<Digest> old;
        for (const auto& [digest, blob] : blobs_)
            if (blob.steps == 0 && blob.used < limit) old.push_back(digest);
        for (const Digest& digest : old) drop_blob(digest);
        drop_other_trees(limit);
        drop_others(limit);
    }
    // Steps and blobs of no step in one row, by when they were used.
    void drop_until(std::uint64_t most) {
        if (total() > most) drop_other_trees(FileTime::max());
        if (total() > most) drop_others(FileTime::max());
        std::multimap<FileTime, Digest> loose;
        for (const auto& [digest, blob] : blobs_)
            if (blob.steps == 0) loose.emplace(blob.used, digest);
        // stored_steps() has those first that were used last.
        while (total() > most && !(loose.empty() && steps_.empty())) {
            if (steps_.empty() || (!loose.empty() && loose.begin()->first <= steps_.back().step.used)) {
                drop_blob(loose.begin()->second);
                loose.erase(loose.begin());
            } else {
                drop_step(steps_.back());
                steps_.pop_back();
            }
        }
    }

    // Records go first: what is left at any moment is a store in which less is known.
    Result<void> remove() const {
        const auto gone = [](const fs::path& file) -> Result<void> {
            if (::unlink(file.c_str()) == 0 || errno == ENOENT) return {};
            return os_error("remove", file, errno);
        };
        for (const StoredStep& step : out_.steps)
            if (auto done = gone(record_file(store_, step.key)); !done) return done;
        for (const Digest& digest : gone_blobs_) {
            if (auto done = gone(store_.blob_path(digest)); !done) return done;
            remove_side_files(digest);
        }
        for (const std::string& name : gone_trees_) {
            if (auto done = gone(store_.root() / "trees" / (name + ".digest")); !done) return done;
            if (auto done = sys::remove_tree(store_.root() / "trees" / name); !done) return done;
        }
        for (const fs::path& other : gone_others_) {
            if (auto done = fs::is_directory(other) ? sys::remove_tree(other) : gone(other); !done) return done;
            ::unlink((other.string() + ".lock").c_str());
        }
        remove_locks();
        return {};
    }
    // Those of steps without a record. Nobody holds one: whoever cleans up is alone.
    void remove_locks() const {
        std::error_code failed;
        for (const auto& entry : fs::directory_iterator(store_.root() / "locks", failed)) {
            const auto key = Digest::parse_hex(entry.path().filename().string());
            if (key && !fs::exists(record_file(store_, *key), failed)) ::unlink(entry.path().c_str());
        }
    }
    void remove_side_files(const Digest& layer) const {
        std::error_code failed;
        for (const auto& kind : fs::directory_iterator(store_.root() / "index", failed))
            for (const char* suffix : {"", ".json"}) ::unlink((kind.path() / (layer.hex() + suffix)).c_str());
    }

    const Store& store_;
    const bool is_dry_;
    std::map<Digest, BlobFacts> blobs_{};
    std::map<std::string, TreeFacts> trees_{};
    std::vector<StepFacts> steps_{};
    std::vector<Digest> gone_blobs_{};
    std::vector<std::string> gone_trees_{};
    std::map<fs::path, OtherFacts> others_{};
    std::vector<fs::path> gone_others_{};
    CleanUp out_{};
};

}  // namespace

std::vector<StoredStep> stored_steps(const Store& store) {
    std::vector<StoredStep> out;
    std::error_code failed;
    for (const auto& entry : fs::directory_iterator(store.root() / "records", failed)) {
        if (entry.path().extension() != ".json") continue;
        const auto key = Digest::parse_hex(entry.path().stem().string());
        struct stat facts {};
        if (!key || ::lstat(entry.path().c_str(), &facts) != 0) continue;
        const auto text = sys::read_file(entry.path());
        const auto document = text ? json::parse(*text, entry.path()) : Result<json::value>(text.error());
        const auto record =
            document && document->is_object() ? parse_record(document->get_object()) : build_error("it is no record");
        if (!record) continue;
        StoredStep step{*key, record->step, record->from.cache, seconds_of(facts.st_mtim)};
        for (const BuiltLayer& layer : record->layers) {
            step.size += layer.size;
            step.is_whole = step.is_whole && store.has_blob(layer.digest);
        }
        out.push_back(std::move(step));
    }
    std::sort(out.begin(), out.end(), [](const StoredStep& a, const StoredStep& b) {
        return a.used != b.used ? a.used > b.used : a.key < b.key;
    });
    return out;
}

void mark_used(const Store& store, const Digest& key) {
    (void)::utimensat(AT_FDCWD, record_file(store, key).c_str(), nullptr, AT_SYMLINK_NOFOLLOW);
}

Result<CleanUp> clean_up(const Store& store, const CleanUpRules& rules, FileTime now, bool is_dry) {
    return Cleaner(store, is_dry).run(rules, now);
}

}  // namespace tmplbuild
