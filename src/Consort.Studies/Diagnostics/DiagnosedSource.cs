using Consort.Data.Batches;
using Consort.Data.Datasets;
using Consort.Data.Encoders;
using Consort.Data.Sources;
using Consort.Experiments.Running;

namespace Consort.Studies.Diagnostics;

/// <summary>
/// The rows to measure a run on, batch by batch: a raw file through the run's encoder, or a split that is encoded already.
/// </summary>
internal sealed class DiagnosedSource : IDisposable
{
    private readonly RawBatchReader? _reader;
    private readonly Action<string>? _notice;
    private readonly EncodedDataset? _dataset;
    private readonly BatchLoader? _loader;

    private DiagnosedSource(string name, RawBatchReader reader, Action<string>? notice) =>
        (Name, _reader, _notice) = (name, reader, notice);

    private DiagnosedSource(FinishedRun run, EncodedDataset dataset, EncodedSplit split)
    {
        (Name, _dataset) = (split.Name, dataset);
        if (dataset.Key == (RunData.Read(run.Folder)?.Key ?? RunEnvironment.DataKeyOf(run.Folder)))
            Train = run.Encoder.Schema.NegativeShare < 1 ? null : dataset.Train; // which are rows of another kind
        _loader = new BatchLoader(split, new LoaderOptions(run.BatchSize));
        _loader.Start(0);
    }

    /// <summary>The split's name, or the file's.</summary>
    public string Name { get; }

    /// <summary>Opens what is asked for.</summary>
    /// <exception cref="ConsortException">The rows are gone, or were encoded otherwise than the run's.</exception>
    public static DiagnosedSource Open(FinishedRun run, DiagnosisRequest request, CancellationToken cancellation)
    {
        if (request.Data is { } data && !Directory.Exists(data) && !IsOwn(run, data, request.Notice))
        {
            var sources = request.Catalogues.Of(SourceCatalogue.BuiltIn);
            return request.Split is null
                ? new DiagnosedSource(SourcePlace.IsFile(data) ? Path.GetFileName(data) : SourcePlace.Show(data), new RawBatchReader(
                    sources.Places(data), run.Encoder, run.BatchSize, labelRequired: true, sources: sources, cancellation: cancellation),
                    request.Notice)
                : throw new ConsortException($"--split {request.Split}: found the raw file {data}, expected an encoded dataset or the data of the run");
        }

        var dataset = request.Data is { } encoded && EncodedDataset.IsAt(encoded)
            ? EncodedDataset.Open(encoded)
            : RunRows.Open(run.Folder, request.Data, request.Threads, null, cancellation, request.Catalogues);
        try
        {
            CheckEncoder(run, dataset);
            var split = request.Split switch
            {
                null => dataset.Test ?? dataset.Valid,
                "test" => dataset.Test,
                _ => dataset.Valid,
            };
            return new DiagnosedSource(run, dataset, split ?? throw new ConsortException(
                $"{request.Run}: found no {request.Split ?? "test or valid"} split in its data; name rows with --data FILE"));
        }
        catch
        {
            dataset.Dispose();
            throw;
        }
    }

    // The very file that the run's rows were dealt from, known by its content: most of it was trained on, so it is dealt as then. A file
    // of training rows, or one of several that rows were dealt from, is measured as it is.
    private static bool IsOwn(FinishedRun run, string data, Action<string>? notice)
    {
        var own = OwnRows.Of(run.Folder, data);
        if (own == OwnFile.Trained)
            notice?.Invoke($"{data}: holds rows that the run was trained on, so they say little of others; without --data the test split is measured");
        return own == OwnFile.Dealt;
    }

    /// <summary>The rows that the run was trained on; null beside raw rows, or where the dataset is another one.</summary>
    public EncodedSplit? Train { get; }

    /// <summary>The next batch, valid until the next call; null at the end.</summary>
    public Batch? Next()
    {
        if (_reader is null)
            return _loader!.Next();
        var batch = _reader.Next();
        if (batch is null && _reader.PassedOver is { } line)
            _notice?.Invoke(line);
        return batch;
    }

    /// <summary>What messages call a row of the last batch: by its line, or by its place in the split.</summary>
    /// <param name="before">Rows before the batch.</param>
    public Func<int, string> RowName(long before) => row => _reader is null
        ? FormattableString.Invariant($"row {before + row + 1} of the {Name} rows")
        : FormattableString.Invariant($"{Name}:{_reader.LineOf(row)}");

    public void Dispose()
    {
        _reader?.Dispose();
        _loader?.Dispose();
        _dataset?.Dispose();
    }

    // Ids mean the same to the run and to the rows only if one encoder made them.
    private static void CheckEncoder(FinishedRun run, EncodedDataset dataset)
    {
        if (!Encoder.AreSame(dataset.EncoderFile, run.Folder.Encoder))
            throw new ConsortException($"{dataset.Folder}: was encoded otherwise than the rows that {run.Folder.Path} was trained on; name raw rows with --data FILE");
    }
}
