namespace Consort.Foundation.Memory;

/// <summary>The guarded build has seen memory used as it must not be: a programming mistake of ours, never the user's.</summary>
/// <param name="message">Which memory, and what was found in it.</param>
public sealed class MemoryGuardException(string message) : InvalidOperationException(message);
