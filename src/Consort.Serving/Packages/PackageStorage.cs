namespace Consort.Serving.Packages;

/// <summary>Where a package's bytes are while it is used.</summary>
public enum PackageStorage
{
    /// <summary>
    /// In memory of the process: the file is read once, and what becomes of it afterwards (written over, cut short, deleted) changes
    /// nothing. Takes as much memory as the file is long.
    /// </summary>
    Memory,

    /// <summary>
    /// In the file, mapped: pages are read as they are asked for, and processes that map one file share them. The rule: the file must never
    /// be written to or cut short while it is mapped, only replaced by moving another over it. Written over, it gives other probabilities;
    /// cut short, it ends the process.
    /// </summary>
    Mapped,
}
