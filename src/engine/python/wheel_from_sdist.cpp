// SPDX-License-Identifier: Apache-2.0
#include "engine/python/wheel_from_sdist.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "engine/python/backend_run.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

static Result<void> copy(const sys::Fd& from, const fs::path& temporary) {
    auto to = sys::open_fd(temporary, O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (!to) return to.error();
    std::vector<std::byte> buffer(1 << 20);
    for (;;) {
        auto got = sys::read_full(from.get(), buffer, "the built wheel");
        if (!got) return got.error();
        if (*got == 0) return {};
        if (auto put = sys::write_all(to->get(), std::span(buffer).first(*got), temporary); !put) return put;
    }
}

static Result<BuiltWheel> build(const LockedDistribution& sdist, const std::vector<LockedDistribution>& builders,
                                StepContext& context) {
    context.say("building a wheel of " + sdist.name + " " + sdist.version);
    auto run = BackendRun::start(BackendMake::wheel, sdist, builders, context);
    if (!run) return run.error();
    auto names = run->made();
    if (!names) return names.error();
    std::erase_if(*names, [](const std::string& name) { return !name.ends_with(".whl"); });
    if (names->size() != 1)
        return run->failure("its build made " + std::to_string(names->size()) + " wheels instead of one");
    BuiltWheel out{sdist, run->peak_memory()};
    out.wheel.file = names->front();
    auto from = run->open_made(out.wheel.file, out.wheel.size);
    if (!from) return from.error();
    auto temporary = context.store.new_temp_file();
    if (!temporary) return temporary.error();
    if (auto copied = copy(*from, *temporary); !copied) {
        ::unlink(temporary->c_str());
        return copied.error();
    }
    auto digest = context.store.adopt_blob(*temporary, std::nullopt);
    if (!digest) return digest.error();
    out.wheel.sha256 = *digest;
    return out;
}

Result<BuiltWheel> wheel_from_sdist(const LockedDistribution& sdist, const std::vector<LockedDistribution>& builders,
                                    StepContext& context) {
    const Digest key = backend_key(BackendMake::wheel, sdist, builders, context).digest();
    if (const auto known = context.store.find_index("wheel", key); known && known->is_object()) {
        LockedDistribution wheel = sdist;
        wheel.file = json::string_or(known->get_object(), "file", "");
        wheel.size = static_cast<std::uint64_t>(json::int_or(known->get_object(), "size", 0));
        const auto digest = Digest::parse(json::string_or(known->get_object(), "digest", ""));
        if (digest) wheel.sha256 = *digest;
        const auto size = context.store.blob_size(wheel.sha256);
        if (size && *size == wheel.size) return BuiltWheel{wheel, 0};
    }
    auto built = build(sdist, builders, context);
    if (!built) return built;
    const json::object document{{"file", built->wheel.file},
                                {"digest", built->wheel.sha256.to_string()},
                                {"size", static_cast<std::int64_t>(built->wheel.size)}};
    if (auto put = context.store.put_index("wheel", key, document); !put) return put.error();
    return built;
}

}  // namespace tmplbuild
