// SPDX-License-Identifier: Apache-2.0
#include "engine/python/layers.hpp"

#include <algorithm>
#include <atomic>
#include <list>
#include <map>
#include <unordered_set>

#include "base/named_hash.hpp"
#include "base/text.hpp"
#include "engine/parallel.hpp"
#include "pack/entry_set.hpp"
#include "plan/keys.hpp"
#include "store/clean_up.hpp"
#include "sys/fd.hpp"

namespace tmplbuild {

namespace {

// One layer keeps about two cores busy (inflating and checking in this thread; hashing and compressing in another) and
// holds about 50 MB, most of them zstd's.
unsigned layers_at_once(unsigned jobs) { return std::clamp(jobs / 2, 1U, 2U); }

// The open archives. A layer takes its files in the order of paths and so returns to a wheel a few times (its package,
// its dist-info, its scripts), but opening it again only costs reading its directory.
class Archives {
  public:
    Result<const io::ZipReader*> get(const Wheel& wheel) {
        auto found = std::find_if(open_.begin(), open_.end(), [&](const auto& one) { return one.first == &wheel; });
        if (found != open_.end()) {
            open_.splice(open_.begin(), open_, found);
            return &open_.front().second;
        }
        auto zip = io::ZipReader::open(wheel.archive);
        if (!zip) return zip.error();
        if (open_.size() == most) open_.pop_back();
        open_.emplace_front(&wheel, std::move(*zip));
        return &open_.front().second;
    }

  private:
    static constexpr std::size_t most = 8;
    std::list<std::pair<const Wheel*, io::ZipReader>> open_;  // most recently used first
};

// State that all layers of the step share while they are packed.
struct Packing {
    const VenvContent& venv;
    StepContext& context;
    std::uint64_t total = 0;
    std::atomic<std::uint64_t> done{0};
    std::atomic<bool> failed{false};

    // Called between pieces: returns an error if the work should stop, and reports progress.
    Result<void> went_on(std::size_t bytes) {
        if (failed || context.stop.stop_requested()) return Error{.kind = ErrorKind::interrupted, .message = "stopped"};
        constexpr std::uint64_t word_every = 16 << 20;
        const std::uint64_t before = done.fetch_add(bytes);
        if (before / word_every != (before + bytes) / word_every)
            context.progress.bytes(context.step, before + bytes, total);
        return {};
    }
};

class GroupPacking {
  public:
    GroupPacking(Packing& packing, std::vector<const Wheel*> wheels, bool last)
        : packing_(packing), wheels_(std::move(wheels)), last_(last), set_(packing.context.contract.folders) {}

    Result<BuiltLayer> run() {
        for (const Wheel* wheel : wheels_)
            if (auto added = add(*wheel); !added) return added.error();
        if (last_)
            for (const VenvFile& file : packing_.venv.skeleton) {
                Entry entry = file.entry;
                const bool is_file = entry.type == EntryType::file;
                entry.path = place().inside(entry.path);
                auto added = is_file ? set_.add(std::move(entry), file.text, "the venv itself")
                                     : set_.add(std::move(entry), {}, "the venv itself");
                if (!added) return added.error();
            }
        return set_.write(packing_.context.store, {packing_.context.compression, comment()});
    }

  private:
    const VenvPlace& place() const { return packing_.venv.place; }

    // Names the largest ones, which tell people the most: "python:venv: torch 2.11.0, triton 3.6.0 and 14 more".
    std::string comment() const {
        std::vector<std::pair<std::uint64_t, const Wheel*>> by_size;
        for (const Wheel* wheel : wheels_) {
            std::uint64_t size = 0;
            for (const WheelFile& file : wheel->files) size += file.size;
            by_size.emplace_back(size, wheel);
        }
        std::stable_sort(by_size.begin(), by_size.end(), [](auto& a, auto& b) { return a.first > b.first; });
        std::vector<std::string> names;
        for (std::size_t i = 0; i < std::min<std::size_t>(by_size.size(), 3); ++i)
            names.push_back(by_size[i].second->title());
        std::string out = packing_.context.step + (names.empty() ? "" : ": " + join(names, ", "));
        if (names.empty()) out += ": the venv itself";
        return by_size.size() > 3 ? out + " and " + std::to_string(by_size.size() - 3) + " more" : out;
    }

    Result<void> add(const Wheel& wheel) {
        auto bytecode = add_bytecode(wheel);
        if (!bytecode) return bytecode.error();
        std::unordered_set<std::string_view> made;  // bytecode in a wheel is replaced by what was compiled here
        for (const InstalledFile& file : *bytecode) made.insert(file.path);
        for (const WheelFile& file : wheel.files) {
            if (file.left_out || made.contains(file.path)) continue;
            if (auto added = add_file(wheel, file); !added) return added;
        }
        Entry entry{.path = place().inside(place().site_packages() + "/" + wheel.dist_info + "/RECORD")};
        entry.mtime = wheel.mtime;
        return set_.add(std::move(entry), record_of(wheel, *bytecode, place()), wheel.title());
    }

    Result<std::vector<InstalledFile>> add_bytecode(const Wheel& wheel) {
        std::vector<InstalledFile> out;
        for (const WheelFile& file : wheel.files) {
            if (file.left_out || !file.path.ends_with(".py")) continue;
            if (!packing_.venv.bytecode->has(file.path)) continue;
            const std::string path = pyc_path(file.path, *packing_.context.contract.python);
            auto content = packing_.venv.bytecode->read(file.path);
            if (!content) return content.error();
            Entry entry{.path = place().inside(path)};
            entry.mtime = file.mtime;
            entry.size = content->size();
            EntrySet::Producer produce = [this, &file](const EntrySet::Sink& sink) -> Result<void> {
                auto again = packing_.venv.bytecode->read(file.path);
                return again ? sink(sys::as_bytes(*again)) : Result<void>(again.error());
            };
            if (auto added = set_.add(std::move(entry), std::move(produce), wheel.title()); !added)
                return added.error();
            out.push_back({path, NamedHash::sha256(*content), content->size()});
        }
        return out;
    }

    Result<void> add_file(const Wheel& wheel, const WheelFile& file) {
        Entry entry{.path = place().inside(file.path), .mode = file.executable ? 0755U : 0644U};
        entry.mtime = file.mtime;
        entry.size = file.size;
        if (file.text) return set_.add(std::move(entry), *file.text, wheel.title());
        // Capturing one pointer beside `this` keeps the function small: there are tens of thousands of them.
        const Taken& taken = taken_.emplace_front(Taken{&wheel, &file});
        EntrySet::Producer produce = [this, &taken](const EntrySet::Sink& sink) { return stream(taken, sink); };
        return set_.add(std::move(entry), std::move(produce), wheel.title());
    }

    struct Taken {
        const Wheel* wheel;
        const WheelFile* file;
    };

    Result<void> stream(const Taken& taken, const EntrySet::Sink& sink) {
        auto zip = archives_.get(*taken.wheel);
        if (!zip) return zip.error();
        return read_wheel_file(*taken.wheel, *taken.file, **zip, [&](std::span<const std::byte> data) {
            if (auto on = packing_.went_on(data.size()); !on) return on;
            return sink(data);
        });
    }

    Packing& packing_;
    const std::vector<const Wheel*> wheels_;
    const bool last_;
    EntrySet set_;
    Archives archives_;
    std::list<Taken> taken_;
};

}  // namespace

std::vector<VenvGroup> find_groups(const std::vector<Wheel>& wheels, const std::vector<int>& groups,
                                   const VenvPlace& place, const StepContext& context) {
    std::map<int, std::pair<std::vector<const Wheel*>, std::vector<LaidWheel>>> by_group;
    for (std::size_t i = 0; i < wheels.size(); ++i) {
        const Wheel& wheel = wheels[i];
        LaidWheel laid{wheel.name, wheel.digest, wheel.bad_record == BadRecord::replaced, {}};
        for (const WheelFile& file : wheel.files)
            if (file.left_out) laid.left_out.push_back(file.path);
        std::sort(laid.left_out.begin(), laid.left_out.end());
        by_group[groups[i]].first.push_back(&wheel);
        by_group[groups[i]].second.push_back(std::move(laid));
    }
    std::vector<VenvGroup> out;
    out.reserve(by_group.size());
    for (auto& [number, members] : by_group) {
        VenvGroup group{std::move(members.first),
                        venv_layer_key(place.root(), members.second, context.contract, context.compression),
                        {}};
        const auto record = context.store.find_record(group.key.digest());
        if (record && record->layers.size() == 1) {
            group.found = record->layers.front();
            mark_used(context.store, group.key.digest());
        }
        out.push_back(std::move(group));
    }
    return out;
}

// Packs one group and records its layer; `group`: nullptr for the skeleton, which is packed again each time.
static Result<BuiltLayer> pack_group(Packing& packing, const VenvGroup* group) {
    if (group == nullptr) return GroupPacking(packing, {}, true).run();
    if (group->found) return *group->found;
    auto layer = GroupPacking(packing, group->wheels, false).run();
    if (!layer) return layer;
    const Store& store = packing.context.store;
    const Record record{packing.context.step + " layer", group->key, {*layer}, {}, 0, 0};
    if (auto put = store.put_record(record); !put) return put.error();
    return layer;
}

Result<std::vector<BuiltLayer>> pack_venv(const VenvContent& venv, StepContext& context) {
    Packing packing{venv, context};
    for (const VenvGroup& group : venv.groups) {
        if (group.found) continue;
        for (const Wheel* wheel : group.wheels)
            for (const WheelFile& file : wheel->files)
                if (!file.left_out && !file.text) packing.total += file.size;
    }
    // The venv's own files hold the names of the kernels and the interpreter, so they are a layer apart from the
    // packages.
    std::vector<BuiltLayer> layers(venv.groups.size() + 1);
    auto packed = run_parallel(layers.size(), layers_at_once(context.jobs), [&](std::size_t at) {
        auto layer = pack_group(packing, at < venv.groups.size() ? &venv.groups[at] : nullptr);
        if (layer) {
            layers[at] = std::move(*layer);
            return Result<void>{};
        }
        // This layer was interrupted by another group's failure, and that group's error is the one to report.
        if (packing.failed && layer.error().kind == ErrorKind::interrupted && !context.stop.stop_requested())
            return Result<void>{};
        packing.failed = true;
        return Result<void>(layer.error());
    });
    if (!packed) return packed.error();
    context.progress.bytes(context.step, packing.total, packing.total);
    return layers;
}

}  // namespace tmplbuild
