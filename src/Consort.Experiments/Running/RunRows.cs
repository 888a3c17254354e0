using System.Globalization;
using Consort.Data.Datasets;
using Consort.Data.Encoders;
using Consort.Data.Sources;
using Consort.Experiments.Files;
using Consort.Foundation.Options;
using Consort.Learning.Runs;

namespace Consort.Experiments.Running;

/// <summary>
/// Finds the rows a run was trained on, from any working directory, wherever the run or the rows have been moved: the encoded rows where
/// they were, else the raw files, known by their content; or where <c>--data</c> says.
/// </summary>
internal static class RunRows
{
    private const string Advice = "name their folder, or an encoded dataset of them, with --data DIR";

    /// <summary>Opens them, encoding raw files first where no encoded rows are at hand.</summary>
    /// <param name="run">A run.</param>
    /// <param name="data">Where they are now: the folder of the raw files, the only raw file, or an encoded dataset; null for where they
    /// were.</param>
    /// <param name="threads">At least 1.</param>
    /// <param name="progress">Told about encoding, or null.</param>
    /// <param name="cancellation">Stops encoding.</param>
    /// <param name="catalogues">By which sources are read; null for those that come along.</param>
    /// <exception cref="ConsortException">They are gone or others; the message says which file, and what was expected.</exception>
    public static EncodedDataset Open(RunFolder run, string? data, int threads, IProgress<EncodeProgress>? progress,
        CancellationToken cancellation, Catalogues? catalogues = null)
    {
        var source = Find(run, data, catalogues: catalogues);
        var expected = RunData.Read(run)?.Key ?? RunEnvironment.DataKeyOf(run);
        EncodedDataset dataset;
        try
        {
            dataset = source.Open(threads, progress, cancellation).Dataset;
        }
        catch (ConsortException) when (source.Schema is null && data is null && RunData.Read(run) is { Folder: not null })
        {
            // A damaged cache is made anew.
            source = Find(run, null, isEncodedLost: true, catalogues);
            dataset = source.Open(threads, progress, cancellation).Dataset;
        }

        if (expected.Length == 0 || dataset.Key == expected)
            return dataset;
        var found = dataset.Key;
        dataset.Dispose();
        var reason = source.Schema is null ? "" : "; the raw files are the same, their .truth files or the version of the encoder are not";
        throw new ConsortException($"{source.Encoded}: holds other rows than {run.Path} was trained on: found key {found}, expected {expected}{reason}; {Advice}");
    }

    /// <summary>Where they are, as the section <c>data</c> of an experiment has it.</summary>
    /// <exception cref="ConsortException">They are gone or others.</exception>
    public static DataSource Find(RunFolder run, string? data, bool isEncodedLost = false, Catalogues? catalogues = null)
    {
        if (RunData.Read(run) is not { } recorded)
            return OfExperiment(run, data, catalogues);
        foreach (var place in isEncodedLost ? [] : data is null ? recorded.Encoded.Places(run) : [Path.GetFullPath(data)])
        {
            if (EncodedDataset.KeyAt(place) == recorded.Key)
                return new DataSource(place, null, null, null);
            if (data is not null && EncodedDataset.IsAt(place))
                throw new ConsortException($"--data {data}: holds other rows than {run.Path} was trained on: found key {EncodedDataset.KeyAt(place)}, expected {recorded.Key}");
        }

        var encoder = Encoder.Load(run.Encoder);
        var (schema, by) = (encoder.Schema, recorded.Fitted == true ? encoder : null);
        var sources = (catalogues ?? Catalogues.Default).Of(SourceCatalogue.BuiltIn);
        string[] files = [.. recorded.Files.Select((_, i) => FindFile(run, recorded, i, data, (f, p) => sources.Difference(f, p, schema)))];
        var plan = recorded.Plan(files);
        // An encoded dataset that somebody made by hand is not made anew in its place.
        var cache = recorded.Folder is not null && Directory.Exists(Path.GetDirectoryName(recorded.Encoded.Path))
            ? recorded.Encoded.Path : DataSource.CacheOf(schema, plan, by);
        return new DataSource(cache, schema, plan, Path.GetDirectoryName(files[0])) { Sources = sources, By = by };
    }

    private static string FindFile(RunFolder run, RunData recorded, int index, string? data,
        Func<SourceIdentity, string, string?> differenceAt)
    {
        var (file, identity) = (recorded.Files[index], recorded.Identities[index]);
        string[] places = [.. data is null ? file.Places(run) : Named(file, recorded.Files.Count, Path.GetFullPath(data))];
        string? difference = null;
        foreach (var place in places.Where(p => !SourcePlace.IsFile(p) || File.Exists(p)))
        {
            if (differenceAt(identity, place) is not { } other)
                return place;
            difference ??= other;
        }

        difference ??= $"{places[0]}: file not found{(places.Length > 1 ? $", nor {string.Join(", nor ", places[1..])}" : "")}";
        throw new ConsortException(string.Create(
            CultureInfo.InvariantCulture,
            $"the rows that {run.Path} was trained on are not at hand: {difference}; expected {file.Given} of {identity.Size} bytes with XxHash128 {identity.Hash}; {Advice}"));
    }

    // Below the folder as the experiment names it, or by its name alone; or the file itself.
    private static IEnumerable<string> Named(DataPlace file, int files, string data) => !SourcePlace.IsFile(file.Path)
        ? [file.Path] : files == 1 && File.Exists(data)
        ? [data]
        : new[] { Path.GetFullPath(file.Given, data), Path.Combine(data, Path.GetFileName(file.Path)) }.Distinct();

    // Runs of versions that did not write data.json.
    private static DataSource OfExperiment(RunFolder run, string? data, Catalogues? catalogues)
    {
        if (data is not null && EncodedDataset.IsAt(data))
            return new DataSource(Path.GetFullPath(data), null, null, null);
        try
        {
            return Experiment.Load(run.Experiment, data, catalogues: catalogues).Data!;
        }
        catch (ConsortException e)
        {
            throw new ConsortException($"the rows that {run.Path} was trained on are not at hand: {e.Message}; {Advice}", e);
        }
    }
}
