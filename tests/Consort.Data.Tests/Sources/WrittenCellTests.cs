using Consort.Data.Schemas;
using Consort.Data.Sources;
using Consort.Foundation.Options;

namespace Consort.Data.Tests.Sources;

/// <summary>No cell that a parser leaves alone may be read as one: memory that was never written holds anything.</summary>
public sealed class WrittenCellTests
{
    public static TheoryData<string, string, bool> Files => new()
    {
        { "delimiter: comma", "9, x ,1\n8, y ,0\n", true },
        { "delimiter: comma, trim: true", "9, x ,1\n8, y ,0\n", true },
        { "delimiter: comma, quoted: true", "9,x,\"1\"\n8,\"y\",0\n", true },
        { "delimiter: comma, quoted: true, trim: true", "9, \" x \" ,1\n8, y ,0\n", true },
        { "delimiter: comma, header: true", "shop,click\n x ,1\n y ,0\n", true },
        { "delimiter: comma, header: true, trim: true", "shop , click\n x ,1\n y ,0\n", true },
        { "delimiter: comma, header: true, trim: true", "shop\n x \n y \n", false },
        { "delimiter: comma, header: true, trim: true, quoted: true", "shop\n x \n\" y\"\n", false },
        { "delimiter: comma, header: true, trim: true", "click,shop,id\n1, x ,9\n0, y ,8\n", true },
        { "delimiter: \"::\", trim: true", "9:: x ::1\n8:: y ::0\n", true },
        { "delimiter: \"::\", header: true, trim: true", "shop\n x \n y \n", false },
        { "delimiter: \"::\", header: true, quoted: true", "id::shop\n9::x\n8::\"y\"\n", false },
        { "delimiter: comma, trim: true", "9, x \n8, y \n", false },
        { "format: libsvm", "1 1:x\n0 1:y\n", true },
        { "format: libsvm", "1:x\n1:y\n", false },
        { "format: libffm", "0 1:y:1\n1\n", true },
    };

    [Theory]
    [MemberData(nameof(Files))]
    public void Parse_AnyLayout_LeavesNoCellUndefined(string options, string text, bool labelled)
    {
        var schema = Schema.Load(OptionMap.Parse(
            $"{{{options}, fields: [{{name: id, kind: ignored}}, {{name: shop, kind: categorical}}, {{name: click, kind: label}}]}}",
            "s.yaml"));
        var bytes = System.Text.Encoding.UTF8.GetBytes(text);
        using var folder = new TempFolder();
        using var source = SourceCatalogue.BuiltIn.Open(
            new SourceRequest(folder.File("d", text), schema, RowRules.Fitted(labelled, passesOver: false), 1 << 12,
                CancellationToken.None));
        using var block = new Block(bytes.Length);
        Assert.True(source.Read(block));
        Assert.Equal(labelled || schema.Format != DataFormat.Delimited, source.Layout!.HasLabel); // of pairs each row tells
        var group = new RowGroup(schema.Fields.Count);
        for (var c = 0; c <= group.Columns; c++) group.CellsOf(c).Fill(new Cell { Start = 1 << 29, Length = 1 << 29 });

        source.Parser().Parse(block, 0, group);

        Assert.Null(group.Mistake);
        for (var c = 0; c < group.Columns; c++)
        {
            foreach (var cell in group.CellsOf(c)[..group.Rows])
                Assert.True(cell.Length <= 0 || cell.Start + cell.Length <= block.Length + 1, $"column {c}: {cell.Start}, {cell.Length}");
        }
        if (schema.Format == DataFormat.Libffm) return;
        string[] shops = [.. Enumerable.Range(0, group.Rows).Select(r => group.CellsOf(1)[r])
            .Select(c => System.Text.Encoding.UTF8.GetString(block.Bytes.Slice(c.Start, c.Length)))];
        Assert.Equal(schema.Trim || !text.Contains(" x ", StringComparison.Ordinal) ? ["x", "y"] : [" x ", " y "], shops);
    }
}
