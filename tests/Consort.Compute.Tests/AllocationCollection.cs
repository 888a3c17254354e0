namespace Consort.Compute.Tests;

/// <summary>Tests that count allocations of the whole process run alone.</summary>
[CollectionDefinition(nameof(AllocationCollection), DisableParallelization = true)]
public sealed class AllocationCollection;
