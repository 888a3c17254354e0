using Consort.Data.Datasets;
using Consort.Data.Encoders;
using Consort.Data.Schemas;
using Consort.Foundation.Options;

namespace Consort.Fuzz.Targets;

/// <summary>Embeddings that were trained elsewhere. An input is a line with the file's ending, and then the file.</summary>
internal sealed class VectorsTarget : FuzzTarget
{
    private static readonly string[] Endings = [".csv", ".tsv", ".txt", ".vec", ".vec.gz"];
    private string _folder = "";
    private Encoder? _encoder;

    public override string Name => "vectors";

    public override string What => "pretrained vectors";

    public override IReadOnlyList<string> Words => ["anna", "bert", "4 3", "0.5", "1e39"];

    public override void Prepare(string folder)
    {
        _folder = folder;
        File.WriteAllText(Path.Combine(folder, "rows"), "1,anna\n0,bert\n1,cem\n");
        DatasetEncoder.Encode(new EncodeRequest(
            Schema.Load(OptionMap.Parse("delimiter: comma\nfields: [{ name: label, kind: label }, { name: user, kind: categorical }]",
                "schema")),
            SplitPlan.Given([Path.Combine(folder, "rows")]), Path.Combine(folder, "encoded"), 1));
        using var dataset = EncodedDataset.Open(Path.Combine(folder, "encoded"));
        _encoder = dataset.Encoder;
    }

    public override IEnumerable<byte[]> Seeds() =>
        [
            "0\nanna,1,2,3\nbert,4,5,6\nx,0,0,0\n"u8.ToArray(), "1\nanna\t1\t2\t3\n"u8.ToArray(),
            "2\nanna 1 2 3 \ncem -1e-3 .5 1\n"u8.ToArray(), "3\n2 3\nanna 1 2 3\nbert 1 1 1\n"u8.ToArray(),
        ];

    public override bool Try(byte[] input)
    {
        var line = Array.IndexOf(input, (byte)'\n');
        var path = Path.Combine(_folder, "vectors" + Endings[line < 1 ? 0 : input[line - 1] % 16 % Endings.Length]);
        File.WriteAllBytes(path, input[(line + 1)..]);
        PretrainedVectors.Read(path, _encoder!, "user", 3, (id, vector) =>
        {
            if (id < 0 || id >= _encoder!.Space.Features)
                throw new FindingException($"a vector for id {id}");
            foreach (var number in vector)
                if (!float.IsFinite(number))
                    throw new FindingException($"a number that is not finite: {number}");
        });
        return true;
    }
}
