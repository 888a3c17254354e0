using Consort.Data.Schemas;
using Consort.Foundation.Options;

namespace Consort.Data.Tests.Schemas;

public sealed class OddNameTests
{
    // Characters at which YAML breaks lines, or that it does not allow as they are.
    [Theory]
    [InlineData("a\u0085b")]
    [InlineData("a\u2028 b")]
    [InlineData("a\u2029b")]
    [InlineData("\ufeffa")]
    [InlineData("a\u0001\u007f\u009fb")]
    [InlineData("a\r\n\tb")]
    [InlineData("'\"\\: #[]{}&*!|>%@`")]
    public void ToYaml_AnyName_ReadsBack(string name)
    {
        var schema = new Schema { Fields = [new("click", FieldKind.Label), new(name, FieldKind.Categorical) { Missing = [name] }] };
        var again = Schema.Load(OptionMap.Parse(schema.ToYaml(), "again"));
        Assert.Equal(name, again.Fields[1].Name);
        Assert.Equal([name], again.Fields[1].Missing!);
        Assert.Equal(schema, again);
    }
}
