using Consort.Fuzz.Targets;

namespace Consort.Fuzz;

/// <summary>The surfaces that are tried, one line each.</summary>
internal static class TargetCatalogue
{
    public static IReadOnlyList<Func<FuzzTarget>> All { get; } =
    [
        () => new DelimitedTarget(),
        () => new PairsTarget(),
        () => new SchemaTarget(),
        () => new ExperimentTarget(),
        () => new VectorsTarget(),
        () => new ImportTarget(),
        () => new DatasetTarget(),
        () => new CheckpointTarget(),
        () => new PackageTarget(),
        () => new OnnxTarget(),
        () => new HttpTarget(),
        () => new GrpcTarget(),
    ];
}
