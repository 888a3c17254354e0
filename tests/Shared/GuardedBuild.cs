namespace Consort.Tests;

/// <summary>Why a test of the guards does not run.</summary>
internal static class GuardedBuild
{
    /// <summary>Null in the guarded build.</summary>
    public const string? Skip =
#if CONSORT_GUARDED
        null;
#else
        "only the guarded build has these guards: tests/guarded";
#endif
}

/// <summary>Tests that damage memory on purpose: nothing else may look at it meanwhile.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class DamageCollection
{
    public const string Name = "memory damaged on purpose";
}
