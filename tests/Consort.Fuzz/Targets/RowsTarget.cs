using Consort.Data.Batches;
using Consort.Data.Datasets;
using Consort.Data.Schemas;
using Consort.Foundation.Options;
using Encoder = Consort.Data.Encoders.Encoder;

namespace Consort.Fuzz.Targets;

/// <summary>
/// Files of rows, read in each of the ways there are: described, encoded, and read for scoring. An input is a line with the place of a
/// schema, and then the file.
/// </summary>
internal abstract unsafe class RowsTarget : FuzzTarget
{
    private const int EncodeEach = 4; // encoding writes files, and takes longer than the other two together
    private readonly List<(Schema Schema, Encoder Encoder)> _schemas = [];
    private string _folder = "";
    private int _tries;

    /// <summary>The schemas, each with a file that is right.</summary>
    protected abstract IReadOnlyList<(string Schema, string Rows)> Files { get; }

    public override void Prepare(string folder)
    {
        _folder = folder;
        foreach (var (text, rows) in Files)
        {
            var schema = Schema.Load(OptionMap.Parse(text, "schema"));
            File.WriteAllText(At("rows"), rows);
            using var dataset = Encode(schema);
            _schemas.Add((schema, dataset.Encoder));
        }
    }

    public override IEnumerable<byte[]> Seeds() =>
        Files.Select((f, i) => System.Text.Encoding.UTF8.GetBytes(FormattableString.Invariant($"{i}\n{f.Rows}")));

    public override bool Try(byte[] input)
    {
        var line = Array.IndexOf(input, (byte)'\n');
        var (schema, encoder) = _schemas[line < 1 ? 0 : input[line - 1] % 16 % _schemas.Count];
        File.WriteAllBytes(At("rows"), input[(line + 1)..]);
        var described = Accepts(() => Check(DatasetDescription.OfRaw(At("rows"), schema, threads: 1)));
        var encoded = _tries++ % EncodeEach == 0 ? Accepts(() =>
        {
            using var dataset = Encode(schema);
            Check(dataset);
        }) : null;
        var read = Accepts(() => Read(encoder));
        // The last that refused says why; a file that one of them takes is accepted.
        return described is null || read is null ? true : throw encoded ?? read;
    }

    private EncodedDataset Encode(Schema schema)
    {
        DatasetEncoder.Encode(new EncodeRequest(schema, SplitPlan.Given([At("rows")]), At("encoded"), 1));
        return EncodedDataset.Open(At("encoded"));
    }

    private void Read(Encoder encoder)
    {
        using var reader = new RawBatchReader(At("rows"), encoder, 64, labelRequired: false);
        while (reader.Next() is { } batch)
        {
            Check(batch, encoder);
            for (var row = 0; row < batch.Rows; row++)
                if (batch.Labels[row] is not (0 or 1))
                    throw new FindingException($"label {batch.Labels[row]}");
        }
    }

    private static void Check(EncodedDataset dataset)
    {
        using var loader = new BatchLoader(dataset.Train, new LoaderOptions(64));
        loader.Start(0);
        while (loader.Next() is { } batch)
            Check(batch, dataset.Encoder);
    }

    private static void Check(DatasetDescription description)
    {
        foreach (var column in description.Columns)
            if (column.Numbers is { } n && !(double.IsFinite(n.Mean) && double.IsFinite(n.Deviation) && double.IsFinite(n.Min)
                && double.IsFinite(n.Max)) && column.MissingShare < 1)
                throw new FindingException($"a description with a number that is not finite: {n}");
    }

    private static void Check(Batch batch, Encoder encoder)
    {
        var columns = encoder.Space.Categorical;
        for (var row = 0; row < batch.Rows; row++)
            for (var c = 0; c < columns.Count; c++)
            {
                var ids = batch.IdsOf(row, c);
                if (ids.Length > columns[c].Length)
                    throw new FindingException($"a list of {ids.Length} ids in column {columns[c].Name}");
                foreach (var id in ids)
                    if (id < columns[c].Offset || id >= columns[c].Offset + columns[c].Size)
                        throw new FindingException($"id {id} outside of column {columns[c].Name}");
                if (columns[c].List is { IsWeighted: true })
                    foreach (var weight in batch.Lists.Slice(batch.IdsOf(row)[c] + 1 + ids.Length, ids.Length))
                        if (BitConverter.Int32BitsToSingle(weight) is not (>= 0 and < float.PositiveInfinity))
                            throw new FindingException($"a weight that is none in column {columns[c].Name}");
            }

        foreach (var number in batch.Numeric)
            if (!float.IsFinite(number))
                throw new FindingException($"an encoded number that is not finite: {number}");
    }

    // Null, or why not.
    private static ConsortException? Accepts(Action read)
    {
        try
        {
            read();
            return null;
        }
        catch (ConsortException e)
        {
            return e;
        }
    }

    private string At(string name) => Path.Combine(_folder, name);
}
