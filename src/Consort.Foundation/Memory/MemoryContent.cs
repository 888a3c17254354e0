namespace Consort.Foundation.Memory;

/// <summary>What a buffer holds before anyone has written into it.</summary>
public enum MemoryContent
{
    /// <summary>Zeros, which whoever uses it may rely on.</summary>
    Zeros,

    /// <summary>Zeros that nobody may rely on: poison in a guarded build.</summary>
    Unwritten,
}
