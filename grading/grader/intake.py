"""intake - what is taken of a submission, and nothing that it could harm by.

An archive is read member by member: regular files alone, under names that
cannot lead elsewhere, within limits; nothing is unpacked that is not wanted.
"""
import hashlib
import os
import re
import stat
import tarfile
import zipfile

MEMBERS_MAX = 5000
FILE_BYTES_MAX = 1 << 20
ALL_BYTES_MAX = 20 << 20
SEEN_BYTES_MAX = 256 << 20  # of an archive, what is passed over included
DEPTH_MAX = 12
PART = re.compile(r"[A-Za-z0-9_.+-]{1,100}")  # of a path
NAME = re.compile(r"[A-Za-z0-9_.@-]{1,64}")   # of a submission
ARCHIVE = re.compile(r"(.+?)\.(tar|tar\.gz|tgz|zip)")


class Bad(Exception):
    """What is wrong, in a sentence that names it."""


class Rejected(Exception):
    """Why a submission cannot be graded."""


class Submission:
    """name; files: path in the tree -> bytes; ignored: names; rejected: why,
    or None. hash: of what was taken."""

    def __init__(self, name, path, lab):
        self.name, self.path = name, path
        self.files, self.ignored, self.rejected = {}, [], None
        try:
            self._take(dict(members(path)), lab)
        except (Rejected, tarfile.TarError, zipfile.BadZipFile, EOFError,
                OSError) as error:
            self.rejected = str(error) or type(error).__name__
        total = hashlib.sha256()
        for path_, data in sorted(self.files.items()):
            total.update(path_.encode() + b"\0" +
                         hashlib.sha256(data).digest())
        self.hash = total.hexdigest()[:16]

    def _take(self, found, lab):
        root = lab.find_root(found)
        if root is None:
            raise Rejected(f"there is no file of {lab.folder}/ in it: hand in "
                           "the folder of the lab, or the whole handout")
        for path, data in found.items():
            inside = lab.inside(path, root)
            if inside is not None and lab.takes(inside):
                self.files[inside] = data
            else:
                self.ignored.append(path)
        if not self.files:
            raise Rejected("nothing in it is a student's to write")


def check_name(path):
    """The parts of a member's path, which must lead nowhere else."""
    parts = [p for p in path.split("/") if p not in ("", ".")]
    if path.startswith("/") or ".." in parts:
        raise Rejected(f"{path!r} leads out of the archive")
    if len(parts) > DEPTH_MAX:
        raise Rejected(f"{path[:80]!r} is more than {DEPTH_MAX} folders deep")
    return parts


def members(path):
    """(path, bytes) of the regular files in a folder or archive."""
    seen, total = set(), 0
    read = folder_files if os.path.isdir(path) else archive_files
    for number, (name, size, data) in enumerate(read(path), 1):
        if number > MEMBERS_MAX:
            raise Rejected(f"it has more than {MEMBERS_MAX} files")
        parts = check_name(name)
        if not parts or not all(PART.fullmatch(p) for p in parts):
            continue  # no name of ours
        clean = "/".join(parts)
        if clean in seen:
            raise Rejected(f"{clean} is in it twice")
        seen.add(clean)
        if not clean.endswith((".c", ".h", ".proto")):
            yield clean, b""  # to be listed
            continue
        total += size
        if size > FILE_BYTES_MAX or total > ALL_BYTES_MAX:
            raise Rejected(f"{clean} makes it larger than a solution can be")
        yield clean, data()


def folder_files(path):
    """(name, size, reader); links and devices are passed over."""
    for base, folders, files in os.walk(path):
        folders[:] = sorted(f for f in folders if f not in (".git", "build"))
        for name in sorted(files):
            full = os.path.join(base, name)
            info = os.lstat(full)
            if stat.S_ISREG(info.st_mode):
                yield (os.path.relpath(full, path), info.st_size,
                       lambda full=full: read_file(full))


def read_file(path):
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(fd, "rb") as file:
        return file.read(FILE_BYTES_MAX)


def archive_files(path):
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                mode = info.external_attr >> 16
                if not info.is_dir() and (mode == 0 or stat.S_ISREG(mode) or
                                          stat.S_IFMT(mode) == 0):
                    yield (info.filename, info.file_size,
                           lambda info=info: archive.read(info))
        return
    seen = 0
    with tarfile.open(path) as archive:
        for info in archive:
            check_name(info.name)  # also of what is passed over
            seen += info.size
            if seen > SEEN_BYTES_MAX:
                raise Rejected("unpacked it is larger than a solution can be")
            if info.isreg():
                yield (info.name, info.size,
                       lambda info=info: archive.extractfile(info).read())


# --- which submissions there are ---------------------------------------------

def name_of(path):
    base = os.path.basename(os.path.normpath(path))
    match = ARCHIVE.fullmatch(base)
    name = match[1] if match and not os.path.isdir(path) else base
    if not NAME.fullmatch(name):
        raise Bad(f"{path!r}: its name is used for files; letters, digits and "
                  "_ . @ - only")
    return name


def is_submission(path, lab):
    if not os.path.isdir(path):
        return True
    names = os.listdir(path)
    return lab.folder in names or any(
        n.endswith((".c", ".h", ".proto")) for n in names)


def collect(paths, lab):
    """All submissions, by name."""
    found = {}
    for path in paths:
        if not os.path.exists(path):
            raise Bad(f"there is no {path}")
        inner = [path] if is_submission(path, lab) else \
            [os.path.join(path, n) for n in sorted(os.listdir(path))
             if not n.startswith(".")]
        if not inner:
            raise Bad(f"{path} is an empty folder")
        for each in inner:
            name = name_of(each)
            if name in found:
                raise Bad(f"two submissions are called {name}: "
                          f"{found[name].path} and {each}")
            found[name] = Submission(name, each, lab)
    return [found[name] for name in sorted(found)]
