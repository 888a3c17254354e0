using System.Text;
using Consort.Data.Schemas;
using Consort.Experiments.Tests.Import;
using Consort.Foundation.Options;
using Consort.Import;

namespace Consort.Experiments.Tests.Files;

/// <summary>Mutated files at every place that reads YAML: each is read, or a mistake that says where.</summary>
public sealed class YamlMutationTests
{
    private const int Inputs = 400;

    private const string Experiment = """
        name: x
        data: { schema: criteo, source: clicks.tsv, by: seed, seed: 3, shares: [0.8, 0.1, 0.1], folder: . }
        embedding: { dimension: 8, shared: false, fields: { C1: { dimension: 4, pretrained: v.txt, freeze: true } } }
        members:
          - &m { model: DeepFM, hidden_units: [32, 16], dropout: 0.1 }
          - { <<: *m, model: DCN, cross_layers: 3 }
        phases:
          - { name: alone, epochs: 2, learning_rate: 0.01, strategy: { name: supervised } }
          - { name: together, epochs: 3, patience: 2, strategy: { name: mutual }, freeze: [0] }
        training: { batch_size: 256, optimizer: { name: adam }, seed: 5, monitor: auc }

        """;

    private const string Clicks = """
        delimiter: comma
        header: true
        missing: ["", NA]
        min_count: 3
        fields:
          - { name: click, kind: label, values: { "yes": 1, "no": 0 } }
          - { name: I1..I3, kind: numeric, transform: standardise }
          - { name: C1..C4, kind: categorical, min_count: 2, missing: [x] }
          - { name: b, kind: numeric, transform: { quantile_buckets: 20 } }
          - { name: h, kind: categorical, transform: "hash: 1000" }
          - { name: t, kind: categorical, derive: [hour, weekday] }
          - { name: s, kind: categorical, share: C1, min_count: 2 }

        """;

    private const string Model = """
        Base: { num_workers: 3, group_id: user, feature_specs: [{name: user, embedding_dim: 3}] }
        a:
            model: DeepFM
            dataset_id: tiny
            metrics: ['logloss', 'AUC', 'gAUC']
            hidden_units: [64, 32]
            hidden_activations: [relu, Dice]
            net_regularizer: l1_l2(1.e-4, 1.e-5)
            learning_rate: 1.e-3
            net_dropout: [0, 0.1]
            monitor: {'AUC': 1, 'logloss': -1}
            every_x_epochs: 0.5

        """;

    private static readonly string[] Tokens =
    [
        "*", "&a ", "*a", "[", "]", "{", "}", ": ", "- ", "\n", "\t", "'", "\"", "|", ">", "!", "%", "#", "? ", "<<: ", "~", "null",
        "---\n", ",", "1e999", "-1",
        "99999999999999999999", "nan", "\\0", "\"\\ud800\"", "\u2028", "\0", "", "[]", "{}", "[[]]", "1..3", "\"\"", "@",
        "1e-400", "2147483648",
    ];

    [Theory]
    [InlineData("experiment", Experiment)]
    [InlineData("schema", Clicks)]
    [InlineData("models", Model)]
    [InlineData("datasets", FuxiCtrFolder.Tiny)]
    public void Read_AMutatedText_IsReadOrAMistakeThatSaysWhere(string place, string whole)
    {
        var random = new Random(20261129);
        using var folder = new FuxiCtrFolder(Model);
        folder.File("clicks.tsv", "");
        folder.File("v.txt", "");
        var (read, refused) = (0, 0);
        for (var i = 0; i < Inputs; i++)
        {
            var text = Mutated(whole, random);
            try
            {
                Read(place, folder, Corrupted(text, random));
                read++;
            }
            catch (ConsortException e)
            {
                refused++;
                Assert.NotEmpty(e.Message);
            }
            catch (Exception e)
            {
                Assert.Fail($"{e.GetType().Name}: {e.Message}\n{text}");
            }
        }

        // Neither all whole nor all broken.
        Assert.True(read > Inputs / 20 && refused > Inputs / 3, $"{read} read, {refused} refused");
    }

    private static void Read(string place, FuxiCtrFolder folder, byte[] bytes)
    {
        var file = folder.At(place switch
        {
            "models" => "config/model_config.yaml",
            "datasets" => "config/dataset_config.yaml",
            _ => "file.yaml"
        });
        System.IO.File.WriteAllBytes(file, bytes);
        if (place == "experiment")
            Experiments.Files.Experiment.Load(file);
        else if (place == "schema")
            Assert.Equal(Schema.Load(file), Schema.Load(OptionMap.Parse(Schema.Load(file).ToYaml(), "again")));
        else
            FuxiCtrImport.Read(folder.Config, "a", folder.At("out.yaml"));
    }

    private static byte[] Corrupted(string text, Random random)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        if (random.Next(8) == 0 && bytes.Length > 0)
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
        return bytes;
    }

    private static string Mutated(string whole, Random random)
    {
        var text = new StringBuilder(whole);
        for (var times = random.Next(4); times > 0; times--)
        {
            var at = random.Next(text.Length + 1);
            var length = Math.Min(text.Length - at, random.Next(1, 9));
            if (random.Next(3) > 0)
                text.Remove(at, length);
            if (random.Next(3) > 0)
                text.Insert(at, Tokens[random.Next(Tokens.Length)]);
            if (random.Next(12) == 0)
                text.Length = random.Next(text.Length + 1);
        }

        return text.ToString();
    }
}
