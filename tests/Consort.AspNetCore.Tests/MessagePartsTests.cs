using Consort.AspNetCore.Grpc;
using Consort.AspNetCore.Grpc.Protocol;
using Consort.AspNetCore.Requests;
using Google.Protobuf;

namespace Consort.AspNetCore.Tests;

/// <summary>What is counted of a message is all that the parser would make of it.</summary>
public sealed class MessagePartsTests
{
    private static readonly byte[] Group = [0xA3, 0x06, 0xA4, 0x06]; // field 100, begin and end
    private static readonly Limits Limits = new(2 << 20, 100, 1024, 16, TimeSpan.FromSeconds(10));

    /// <summary>Something before, a part, something after; all are within what the parser takes.</summary>
    public static TheoryData<string, string, string> Ways => new()
    {
        { "A306A406", "2A00", "" }, // an unknown group before empty tensors
        { "A306A306A406A406", "2A00", "" }, // nested groups
        { "A3062A002A00A406", "2A00", "" }, // a group that holds tensors, which are none
        { "F80701", "2A00", "" }, // an unknown number
        { "FA0F0141", "2A00", "" }, // an unknown text
        { "F90F0102030405060708", "2A00", "" }, // eight bytes
        { "FD0F01020304", "2A00", "" }, // four bytes
        { "", "AA80808000" + "00", "" }, // a tag of more bytes than it needs
        { "", "AA8080808080808080" + "0000", "" }, // of ten
        { "", "2A808000", "" }, // a length of more bytes than it needs
        { "", "2A00A306A406", "" }, // a group after each
        { "", "2801" + "2A00", "" }, // the field as a number, which the parser does not know
        { "", "3200", "" }, // outputs
        { "", "3A00", "" }, // raw contents
        { "", "2200", "" }, // parameters
        { "", "2A022200", "" }, // parameters of inputs
        { "", "32021200", "" }, // of outputs
        { "", "2A06A306A4062200", "" }, // the same behind a group within
        { "", "2A022A00", "" }, // contents
        { "", "2204" + "12021A00", "" }, // a parameter's value
    };

    [Theory]
    [MemberData(nameof(Ways))]
    public void Check_ManyParts_AreRefusedWhateverStandsAround(string before, string part, string after)
    {
        byte[] Message(int count) => [.. Convert.FromHexString(before), .. Enumerable.Repeat(Convert.FromHexString(part), count)
            .SelectMany(p => p), .. Convert.FromHexString(after)];
        Assert.Equal(400, Assert.Throws<RequestException>(() => Check(Message(1000))).Status);
        // And the parser takes the message: what was counted is not merely malformed.
        var parsed = ModelInferRequest.Parser.WithDiscardUnknownFields(true).ParseFrom(Message(1000));
        Assert.True(parsed.Inputs.Count + parsed.Outputs.Count + parsed.RawInputContents.Count + parsed.Parameters.Count > 0);
        Check(Message(10));
    }

    [Theory]
    [InlineData("2A", "42")] // bytes, one after the other
    [InlineData("2A", "1A")] // int64, packed: each byte a number
    [InlineData("2A", "12")] // int32
    [InlineData("2A", "0A")] // bool
    public void Check_ManyValuesOfATensor_AreRefusedByTheRowsLimit(string contentsTag, string valuesTag)
    {
        var values = valuesTag == "42"
            ? Enumerable.Repeat(new byte[] { 0x42, 0 }, 500).SelectMany(v => v).ToArray() : Delimited(valuesTag, new byte[500]);
        Assert.Equal(413, Assert.Throws<RequestException>(() => Check(Delimited("2A", Delimited(contentsTag, values)))).Status);
    }

    [Theory]
    [InlineData("32", 4)] // fp32
    [InlineData("3A", 8)] // fp64
    public void Check_NumbersOfWholeBytes_AreCountedExactly(string tag, int width)
    {
        Check(Delimited("2A", Delimited("2A", Delimited(tag, new byte[100 * width]))));
        Assert.Throws<RequestException>(() => Check(Delimited("2A", Delimited("2A", Delimited(tag, new byte[101 * width])))));
        // As many again in other contents of the same tensor, which the parser would join.
        byte[] twice = [.. Delimited("2A", Delimited(tag, new byte[60 * width])), .. Delimited("2A", Delimited(tag, new byte[60 * width]))];
        Assert.Throws<RequestException>(() => Check(Delimited("2A", twice)));
    }

    [Fact]
    public void Check_ManySizesOrNames_AreRefused()
    {
        Assert.Throws<RequestException>(() => Check(Delimited("2A", Delimited("1A", new byte[200_000])))); // a shape
        Assert.Throws<RequestException>(() =>
            Check(Delimited("2A", [.. Enumerable.Repeat(new byte[] { 0x0A, 1, 65 }, 100_000).SelectMany(v => v)])));
        Assert.Throws<RequestException>(() => Check([.. Enumerable.Repeat(new byte[] { 0x0A, 1, 65 }, 100_000).SelectMany(v => v)]));
        Assert.Throws<RequestException>(() => new MessageParts(0, 64, Limits).Check(Enumerable.Repeat(new byte[] { 0x0A, 1, 65 }, 100)
            .SelectMany(v => v).ToArray(), ModelReadyRequest.Descriptor));
    }

    [Theory]
    [InlineData("A306")] // a group that does not end
    [InlineData("A406")] // an end without a beginning
    [InlineData("2AFFFFFFFF0F")] // a length below zero
    [InlineData("2A05")] // a length beyond the end
    [InlineData("00")]
    public void Check_Malformed_IsAMistakeOfTheClient(string message) =>
        Assert.Throws<InvalidProtocolBufferException>(() => Check(Convert.FromHexString(message)));

    [Fact]
    public void Check_GroupsWithinGroups_EndAtTheParsersDepth() =>
        Assert.Throws<InvalidProtocolBufferException>(() => Check([.. Enumerable.Repeat(Group[..2], 200_000).SelectMany(g => g)]));

    [Fact]
    public void Check_ARequestOfAllRowsAndFields_IsTaken()
    {
        var request = new ModelInferRequest { ModelName = "clicks", Id = "7" };
        for (var field = 0; field < 40; field++)
            request.Inputs.Add(new ModelInferRequest.Types.InferInputTensor
            {
                Name = $"field{field}",
                Datatype = "BYTES",
                Shape = { 100, 1 },
                Contents = new InferTensorContents { BytesContents = { Enumerable.Repeat(ByteString.CopyFromUtf8("value"), 100) } },
                Parameters = { ["x"] = new InferParameter { StringParam = "y" } },
            });
        Check(request.ToByteArray());
    }

    private static void Check(byte[] message) =>
        new MessageParts(64 + (8 * 40), 1024 + (41 * 132), Limits).Check(message, ModelInferRequest.Descriptor);

    private static byte[] Delimited(string tag, byte[] content)
    {
        using var stream = new MemoryStream();
        using (var output = new CodedOutputStream(stream, leaveOpen: true))
        {
            output.WriteRawTag(Convert.FromHexString(tag)[0]);
            output.WriteBytes(ByteString.CopyFrom(content));
        }

        return stream.ToArray();
    }
}
